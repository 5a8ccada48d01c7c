namespace OrleansAdapter.Bench.Clients;

/// <summary>One publisher's numbered messages to the same members: what was sent, and who has yet to get it.</summary>
internal sealed class Stream(int id, Publisher publisher, PlannedStream plan)
{
    private readonly List<int> _remaining = [];

    public int Id { get; } = id;

    public Publisher Publisher { get; } = publisher;

    public int Members { get; } = plan.Members;

    public int Sent => _remaining.Count;

    /// <summary>How many messages have not reached all their members.</summary>
    public int Open { get; private set; }

    /// <summary>The room of the next message.</summary>
    public string NextRoom => plan.Rooms[_remaining.Count % plan.Rooms.Count];

    public int Send()
    {
        _remaining.Add(Members);
        Open++;
        return _remaining.Count - 1;
    }

    /// <summary>A member has got it; true if it was the last one.</summary>
    public bool Got(int number)
    {
        if (--_remaining[number] != 0)
        {
            return false;
        }
        Open--;
        return true;
    }
}

/// <summary>A client that says something.</summary>
internal sealed class Publisher(Client client)
{
    private int _next;

    public Client Client { get; } = client;

    public List<Stream> Streams { get; } = [];

    /// <summary>Whether it hears itself.</summary>
    public bool HearsItself { get; init; }

    /// <summary>How many of its messages keep its window closed.</summary>
    public int Out { get; set; }

    public Stream NextStream() => Streams[_next++ % Streams.Count];
}
