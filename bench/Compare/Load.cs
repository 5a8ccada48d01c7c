using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>A load, by the name that the command line and the results know it by, and the servers that get it.</summary>
internal sealed record Load(string Name, string Text, Plan Plan, IReadOnlyList<Server> Servers)
{
    public int Workers { get; init; } = 2;

    /// <summary>How often each server gets it, in turn with the others.</summary>
    public int Rounds { get; init; } = 1;

    public Budget? Budget { get; init; }
}

/// <summary>What the design asks for: processor time for each delivery, and the p99 as a part of Node.js' one.</summary>
internal sealed record Budget(double CpuMicros, double PartOfP99);

/// <summary>All loads.</summary>
internal static class LoadList
{
    /// <summary>The engine that this build is for.</summary>
    private static string Engine => ServerList.HasOrleans ? "orleans" : "local";

    /// <summary>Those that the design has budgets for.</summary>
    public static IReadOnlyList<Load> Budgeted(IReadOnlyList<Server> servers, int rounds) =>
    [
        new("room-1000", "1 room × 1,000 members, 2 publishers, window 4", Plan.OneRoom(1000, publishers: 2, window: 4), servers) { Rounds = rounds, Budget = new(5, 1 / 3.0) },
        new("room-100", "1 room × 100 members, 2 publishers, window 16", Plan.OneRoom(100, publishers: 2, window: 16), servers) { Rounds = rounds, Budget = new(5, 1 / 5.0) },
        new("rooms", "100 rooms × 4 members, 50 publishers, window 4", Plan.SmallRooms(publishers: 50, members: 4, window: 4), servers) { Rounds = rounds, Budget = new(12, 1 / 10.0) },
        new("steady", "1 room × 100 members, 2 publishers, 100 messages/s", Plan.OneRoom(100, publishers: 2, rate: 100), servers) { Rounds = rounds, Budget = new(22, 1) },
    ];

    public static IReadOnlyList<Load> Quick => Budgeted([ServerList.Floor, ServerList.Node, ServerList.SocketIO(Engine)], 1);

    public static IReadOnlyList<Load> All =>
    [
        .. Budgeted([ServerList.Floor, ServerList.Node, ServerList.SocketIO("local"), .. ServerList.HasOrleans ? [ServerList.SocketIO("orleans")] : Array.Empty<Server>()], 2),
    ];
}
