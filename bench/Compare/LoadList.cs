using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>All loads.</summary>
internal static class LoadList
{
    /// <summary>The reference, and this system.</summary>
    private static readonly IReadOnlyList<Server> Pair = [ServerList.Node, ServerList.Ours];

    /// <summary>Both, and the floor.</summary>
    private static readonly IReadOnlyList<Server> Three = [ServerList.Floor, .. Pair];

    /// <summary>What the quick run takes.</summary>
    public static IReadOnlyList<Load> Quick => Budgeted(Three, rounds: 1);

    public static IReadOnlyList<Load> All =>
    [
        .. Budgeted(Three, rounds: 2),
        .. from load in Budgeted([ServerList.SignalRAlone, ServerList.SignalR], rounds: 1)
           select load with { Name = $"signalr-{load.Name}", Text = $"SignalR: {load.Text}", Budget = null },
        new(
            "text-1k",
            "1 room × 100 members, 2 publishers, window 4, 1 KB of text",
            Plan.OneRoom(100, publishers: 2, window: 4, payload: 1 << 10),
            Pair),
        new(
            "bytes-1k",
            "1 room × 100 members, 2 publishers, window 4, 1 KB of bytes",
            Plan.OneRoom(100, publishers: 2, window: 4, payload: 1 << 10, binary: true),
            Pair),
        new(
            "text-64k",
            "1 room × 20 members, 2 publishers, window 2, 64 KB of text",
            Plan.OneRoom(20, publishers: 2, window: 2, payload: 64 << 10),
            Pair),
        new(
            "bytes-64k",
            "1 room × 20 members, 2 publishers, window 2, 64 KB of bytes",
            Plan.OneRoom(20, publishers: 2, window: 2, payload: 64 << 10, binary: true),
            Pair),
        new(
            "all-fast",
            "1 room × 50 members, 200 messages/s of 8 KB",
            Plan.OneRoom(50, publishers: 2, rate: 200, payload: 8 << 10),
            Pair),
        new(
            "one-slow",
            "the same, and one more member who reads nothing (not counted)",
            Plan.OneRoom(50, publishers: 2, rate: 200, payload: 8 << 10, slow: true),
            Pair),
        .. from workers in new[] { 1, 4 }
           from load in Budgeted(Pair, rounds: 1)
           where load.Name is "room-100" or "rooms"
           select load with { Name = $"{load.Name}-workers-{workers}", Workers = workers, Budget = null },
        .. from rooms in new[] { 100, 10_000, 100_000 }
           select new Load(
               $"rooms-{rooms}",
               $"{rooms:#,0} rooms of 1 member, 100 members in all, 2 publishers, window 16",
               Plan.ManyRooms(clients: 100, rooms, window: 16),
               Pair),
    ];

    public static IReadOnlyList<OpeningLoad> Openings =>
    [
        new("idle", "10,000 connections over WebSocket that do nothing", 10_000, Polling: false, Pair),
        new("upgrade", "2,000 connections by long-polling, upgraded to WebSocket", 2_000, Polling: true, Pair),
    ];

    /// <summary>Those that the design has budgets for.</summary>
    private static IReadOnlyList<Load> Budgeted(IReadOnlyList<Server> servers, int rounds)
    {
        Load[] loads =
        [
            new("room-1000", "1 room × 1,000 members, 2 publishers, window 4", Plan.OneRoom(1000, publishers: 2, window: 4), servers)
            {
                Budget = new(5, 1 / 3.0),
            },
            new("room-100", "1 room × 100 members, 2 publishers, window 16", Plan.OneRoom(100, publishers: 2, window: 16), servers)
            {
                Budget = new(5, 1 / 5.0),
            },
            new("rooms", "100 rooms × 4 members, 50 publishers, window 4", Plan.SmallRooms(publishers: 50, members: 4, window: 4), servers)
            {
                Budget = new(12, 1 / 10.0),
            },
            new("steady", "1 room × 100 members, 2 publishers, 100 messages/s", Plan.OneRoom(100, publishers: 2, rate: 100), servers)
            {
                Budget = new(22, 1),
            },
        ];
        return [.. loads.Select(load => load with { Rounds = rounds, IsWarm = true })];
    }
}
