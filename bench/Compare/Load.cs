using OrleansAdapter.Bench.Clients;

namespace OrleansAdapter.Bench.Compare;

/// <summary>A load, by the name that the command line and the results know it by.</summary>
internal sealed record Load(string Name, string Text, Plan Plan)
{
    /// <summary>The loads that the design has budgets for.</summary>
    public static IReadOnlyList<Load> Budgeted { get; } =
    [
        new("room-1000", "1 room × 1,000 members, 2 publishers, window 4", Plan.OneRoom(1000, publishers: 2, window: 4)),
        new("room-100", "1 room × 100 members, 2 publishers, window 16", Plan.OneRoom(100, publishers: 2, window: 16)),
        new("rooms", "100 rooms × 4 members, 50 publishers, window 4", Plan.SmallRooms(publishers: 50, members: 4, window: 4)),
        new("steady", "1 room × 100 members, 100 messages/s", Plan.OneRoom(100, publishers: 2, rate: 100)),
    ];
}
