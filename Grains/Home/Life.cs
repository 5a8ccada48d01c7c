namespace OrleansAdapter.Grains;

/// <summary>What a home knows of one life that it has admitted.</summary>
internal sealed class Life(ServerId id, long session, long from)
{
    public ServerId Id { get; } = id;

    public long Session { get; } = session;

    public Mailbox Mailbox { get; } = new(from);

    /// <summary>The machine that it is on; null where nobody has said.</summary>
    public string? Machine { get; set; }

    /// <summary>What it published and waits to be on a second machine, in order; null for none so far.</summary>
    public Queue<WaitingEntry>? Unheld { get; set; }

    /// <summary>What is in its mailbox and waits to be on a second machine, in order; null for none so far.</summary>
    public Queue<WaitingEntry>? Awaited { get; set; }

    /// <summary>More of what it published is on a second machine than it was told.</summary>
    public bool HasHeldNews { get; set; }

    /// <summary>How long it may be silent.</summary>
    public required long Lease { get; set; }

    /// <summary>When the lease runs out.</summary>
    public long LeaseEnds { get; set; }

    /// <summary>The list version that the life has named.</summary>
    public long KnownList { get; set; }

    /// <summary>The list version that it was told last.</summary>
    public long ToldList { get; set; }

    /// <summary>The last position accepted.</summary>
    public long LastPosition { get; set; }

    /// <summary>The answer to the last batch, repeated if the batch comes again.</summary>
    public (long First, long FirstNumber, int Count, IReadOnlyList<RequestTargets> Targets) LastBatch { get; set; } = (0, 0, 0, []);

    /// <summary>The answers to the last batch's claims.</summary>
    public IReadOnlyList<ClaimAnswer> LastClaims { get; set; } = [];

    /// <summary>What the entries up to here made it say about its sessions, it has said: the number, and the position with which that is so.</summary>
    public (long Number, long Position) Reporting { get; set; }

    /// <summary>What the entries up to here made it say about its sessions has been taken.</summary>
    public long Reported { get; set; } = from;

    /// <summary>Until when requests count that were granted before it came, and of which it has not heard (PROTOCOL.md, S9).</summary>
    public long UnheardUntil { get; init; }

    /// <summary>Of sessions that it has held since this number or before, nobody can tell whether another life held them later.</summary>
    public long UnprovedUpTo { get; set; }

    /// <summary>Whether its sockets have sessions.</summary>
    public bool HasSessions { get; set; }

    /// <summary>The sessions that it is to be told of, as they have ended; null for none so far.</summary>
    public EndedNews? EndedNews { get; set; }

    /// <summary>What a repeated Registered says: where the mailbox begins, and what the merge settled.</summary>
    public (long LastPosition, long From, IReadOnlyList<OperationResult> Results) Welcome { get; set; } = (0, from, []);

    /// <summary>What it is to let go: sockets that others hold by later claims, as the merge found.</summary>
    public IReadOnlyList<MovedSocket> Taken { get; set; } = [];

    /// <summary>The room table's record of this life in each of its rooms.</summary>
    public Dictionary<Room, RoomTable.Membership> Rooms { get; } = [];

    /// <summary>Its place in the heap of <see cref="Backlog"/>; -1 while its mailbox is empty.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>The number that last counted this life as a target, so that a union of rooms needs no set.</summary>
    public long Mark { get; set; }
}
