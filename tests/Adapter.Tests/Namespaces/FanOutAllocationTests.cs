using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>What a broadcast allocates on its way to 1,000 connections, in bytes: something for each broadcast, and nothing for each connection.</summary>
public sealed class FanOutAllocationTests : INamespaceOutput
{
    private const int Sockets = 1000;
    private const int Broadcasts = 50;
    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);
    private static readonly Room Red = Room.Named("red");
    private readonly NamespaceState _state;

    public FanOutAllocationTests()
    {
        _state = new NamespaceState(new ReplicaOptions(), this, Life);
        _state.Start(0);
        _state.Receive(new WrongEpoch { Life = Life, Epoch = 1 }, 0);
        _state.Receive(
            new Registered { Life = Life, Epoch = 1, Session = 1, From = 0, LastPosition = 0, Results = [], Head = new Head(0, 0, 0, 1, [Life, Other]) }, 0);
    }

    [Fact]
    public void A_broadcast_allocates_nothing_per_connection()
    {
        List<CountingSocket> sockets = [.. Enumerable.Range(1, Sockets).Select(number => new CountingSocket(SocketId.FromParts(Life, (ulong)number)))];
        foreach (var socket in sockets)
        {
            _state.Connect(socket, new TaskCompletionSource(), 0);
            _state.Join(socket, Red, new TaskCompletionSource(), 0);
        }
        var packet = PacketCodec.Encode("said", "[\"hello\"]"u8, [], []);
        Push[] pushes = [.. Enumerable.Range(1, Broadcasts + 1).Select(number => new Push
        {
            Life = Life,
            Epoch = 1,
            Session = 1,
            Previous = number - 1,
            Head = new Head(number - 1, number, number, 1, null),
            Entries = [new Entry(number, Other, number, number, Operation.Emit(BroadcastTarget.Of(Red), packet))],
        })];
        Handle(pushes[0]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var push in pushes.AsSpan(1))
        {
            Handle(push);
        }
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Broadcasts;

        Assert.All(sockets, socket => Assert.Equal((Broadcasts + 1, Broadcasts + 1), (socket.Delivered, socket.Turns)));
        Assert.InRange(bytes, 1, 2 * Sockets);
    }

    private void Handle(Push push)
    {
        _state.Receive(push, 0);
        _state.EndTurn(0);
    }

    void INamespaceOutput.Send(WorkerMessage message)
    {
    }

    void INamespaceOutput.HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets)
    {
    }

    void INamespaceOutput.ListChanged(IReadOnlyList<ServerId> list)
    {
    }

    void INamespaceOutput.Fenced(ServerId ended, int sockets) => throw new InvalidOperationException("Fenced.");

    void INamespaceOutput.Unreadable(Entry entry, Exception exception) => throw new InvalidOperationException("Unreadable.", exception);

    void INamespaceOutput.SocketFailed(SocketId socket, Exception exception) => throw new InvalidOperationException("Failed.", exception);

    private sealed class CountingSocket(SocketId id) : LocalSocket(id)
    {
        private static readonly object Key = new();

        public int Delivered { get; private set; }

        public int Turns { get; private set; }

        internal override void Deliver(Packet packet)
        {
            packet.Derive(Key, 0, static (packet, _) => packet.Event + packet.Arguments.Length);
            Delivered++;
        }

        internal override void EndTurn() => Turns++;

        internal override void Close(DisconnectReason reason) => throw new InvalidOperationException($"Closed: {reason}.");
    }
}
