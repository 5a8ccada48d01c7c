namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>Operations and what is made of them, in as few words as possible.</summary>
internal static class TestOperations
{
    public static readonly Room Red = Room.Named("red");
    public static readonly Room Blue = Room.Named("blue");

    public static Operation Emit(params Room[] rooms) => Operation.Emit(new BroadcastTarget(rooms, []), new byte[10]);

    public static Operation Emit(SocketId socket) => Operation.Emit(BroadcastTarget.Socket(socket), new byte[10]);

    public static Operation Ask(params Room[] rooms) => Operation.Request(new BroadcastTarget(rooms, []), new byte[10]);

    public static Operation RemoteJoin(Room of, params Room[] to) => Operation.SocketsJoin(BroadcastTarget.Of(of), to);

    public static Entry Entry(long number, ServerId publisher, long position, long run, Operation operation) =>
        new(number, publisher, position, run, operation);

    /// <summary>A history that knows of nothing but the lives; changed by <c>with</c>.</summary>
    public static History History(params ServerId[] list) => new()
    {
        Epoch = 500,
        Handled = 0,
        Number = 0,
        ListVersion = 1,
        List = list,
        LastPosition = 0,
        Retained = [],
        Outbox = [],
        Rooms = [],
        Seen = [],
    };
}
