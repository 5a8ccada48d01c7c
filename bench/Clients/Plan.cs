namespace OrleansAdapter.Bench.Clients;

/// <summary>
/// Who is connected, who is in which room, and who says what. A client that publishes and hears itself has at most <see cref="Window"/> messages out
/// that it has not heard; one that does not hear itself, as many that have not reached their last member. With a <see cref="Rate"/> messages are sent
/// by the clock.
/// </summary>
internal sealed class Plan
{
    /// <summary>The rooms of each client, by its number.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Clients { get; init; }

    public IReadOnlyList<PlannedPublisher> Publishers { get; init; } = [];

    public int Window { get; init; }

    /// <summary>Messages per second over all publishers; zero for a closed loop.</summary>
    public double Rate { get; init; }

    public int PayloadBytes { get; init; } = 100;

    public bool Binary { get; init; }

    /// <summary>Whether the last client reads nothing once it has joined. What it gets does not count.</summary>
    public bool LastIsSlow { get; init; }

    /// <summary>One room; the first members publish.</summary>
    public static Plan OneRoom(int members, int publishers, int window = 0, double rate = 0, int payload = 100, bool binary = false, bool slow = false) => new()
    {
        Clients = [.. Enumerable.Repeat<IReadOnlyList<string>>(["r0"], members + (slow ? 1 : 0))],
        Publishers = [.. Enumerable.Range(0, publishers).Select(p => new PlannedPublisher(p, [new PlannedStream(["r0"], members)]))],
        Window = window,
        Rate = rate,
        PayloadBytes = payload,
        Binary = binary,
        LastIsSlow = slow,
    };

    /// <summary>Two rooms for each publisher, who is in both and speaks in turns; the other members are in one each.</summary>
    public static Plan SmallRooms(int publishers, int members, int window) => new()
    {
        Clients =
        [
            .. Enumerable.Range(0, publishers).Select(p => new[] { $"r{2 * p}", $"r{(2 * p) + 1}" }),
            .. Enumerable.Range(0, 2 * publishers).SelectMany(room => Enumerable.Repeat(new[] { $"r{room}" }, members - 1)),
        ],
        Publishers = [.. Enumerable.Range(0, publishers).Select(p =>
            new PlannedPublisher(p, [new PlannedStream([$"r{2 * p}"], members), new PlannedStream([$"r{(2 * p) + 1}"], members)]))],
        Window = window,
    };

    /// <summary>Rooms of one member each, as many for each client; two more clients publish to all of them in turn.</summary>
    public static Plan ManyRooms(int clients, int rooms, int window)
    {
        var each = rooms / clients;
        string[][] theirs = [.. Enumerable.Range(0, clients).Select(client => Enumerable.Range(0, each).Select(room => $"r{client}-{room}").ToArray())];
        return new Plan
        {
            Clients = [.. theirs, [], []],
            Publishers = [.. Enumerable.Range(clients, 2).Select(p => new PlannedPublisher(p, [.. theirs.Select(names => new PlannedStream(names, 1))]))],
            Window = window,
        };
    }

    /// <summary>Clients that do nothing.</summary>
    public static Plan Idle(int clients) => new() { Clients = [.. Enumerable.Repeat<IReadOnlyList<string>>([], clients)] };
}

/// <summary>What one client says: it goes through its streams in turn.</summary>
internal sealed record PlannedPublisher(int Client, IReadOnlyList<PlannedStream> Streams);

/// <summary>Numbered messages of one client to rooms in turn, all of which have the same members.</summary>
internal sealed record PlannedStream(IReadOnlyList<string> Rooms, int Members);
