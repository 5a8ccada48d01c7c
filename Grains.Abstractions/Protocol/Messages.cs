namespace OrleansAdapter.Protocol;

/// <summary>A message from a server to the home of one namespace (PROTOCOL.md, Messages). Immutable.</summary>
internal abstract record WorkerMessage
{
    /// <summary>The life that sends it.</summary>
    public required ServerId Life { get; init; }

    /// <summary>The epoch that it is for.</summary>
    public required long Epoch { get; init; }

    /// <summary>The session that the home gave this life; 0 before there is one.</summary>
    public long Session { get; init; }

    /// <summary>
    /// The newest version of the list of lives that the server has in this session, so that the home need not send it again, but only what changes.
    /// </summary>
    public long ListVersion { get; init; }
}

/// <summary>A server asks to be admitted to the home. Sent again until it is answered.</summary>
internal sealed record Register : WorkerMessage
{
    /// <summary>The earlier life of the same server that this one replaces; none otherwise.</summary>
    public ServerId Replaces { get; init; }

    /// <summary>What the server remembers of the epoch before; null for a fresh life.</summary>
    public History? History { get; init; }

    /// <summary>How long the life may be silent before the home ends it, in milliseconds; 0 leaves that to the home.</summary>
    public long Lease { get; init; }

    /// <summary>What clients of this server may come back to; null where its sockets have no sessions.</summary>
    public RecoverySettings? Recovery { get; init; }

    /// <summary>
    /// The machine that the server runs on, so that the home knows what is on another one; null where the cluster has one machine, or nobody knows.
    /// </summary>
    public string? Machine { get; init; }
}

/// <summary>A batch of a life's operations, in order and without holes. One is in flight at a time, and it is sent again unchanged until answered.</summary>
internal sealed record Submit : WorkerMessage
{
    /// <summary>The position of the first operation.</summary>
    public required long First { get; init; }

    /// <summary>The operations, at positions First, First + 1, ….</summary>
    public required IReadOnlyList<Operation> Operations { get; init; }
}

/// <summary>Tells the home that all entries up to a number have been handled.</summary>
internal sealed record Acknowledge : WorkerMessage
{
    /// <summary>The last number handled.</summary>
    public required long Handled { get; init; }

    /// <summary>
    /// Whether nobody waits for it: it may go a moment later, with what its server says next. That is for who carries it, and does not travel.
    /// </summary>
    public bool MayWait { get; init; }
}

/// <summary>Asks for the entries after a number, because a push was lost.</summary>
internal sealed record ReadAfter : WorkerMessage
{
    /// <summary>The last number handled.</summary>
    public required long Handled { get; init; }
}

/// <summary>Renews the lease of a life.</summary>
internal sealed record Renew : WorkerMessage
{
    /// <summary>The last number handled.</summary>
    public required long Handled { get; init; }

    /// <summary>The life's last operation so far: with it, all is said that the entries up to <see cref="Handled"/> made it say.</summary>
    public long Position { get; init; }

    /// <summary>The last news of ended sessions that the life has taken.</summary>
    public long EndedUpTo { get; init; }

    /// <summary>
    /// For how many milliseconds whoever carries it may keep it, so that it travels with others: it is for the lease alone, which has time. Not on the wire.
    /// </summary>
    public long MayWait { get; init; }
}

/// <summary>What a server remembers of a home, from which the next home is made (PROTOCOL.md, Register: history).</summary>
internal sealed record History
{
    /// <summary>The epoch it speaks of.</summary>
    public required long Epoch { get; init; }

    /// <summary>The last number handled.</summary>
    public required long Handled { get; init; }

    /// <summary>The highest number known.</summary>
    public required long Number { get; init; }

    /// <summary>The version of <see cref="List"/>.</summary>
    public required long ListVersion { get; init; }

    /// <summary>The lives that the home knew.</summary>
    public required IReadOnlyList<ServerId> List { get; init; }

    /// <summary>The last position this life has used; all up to it are answered or in <see cref="Outbox"/>.</summary>
    public required long LastPosition { get; init; }

    /// <summary>Entries handled and not yet stable, and those that clients who came back were given.</summary>
    public required IReadOnlyList<Entry> Retained { get; init; }

    /// <summary>Own operations that are unanswered, or answered and not yet stable, by position.</summary>
    public required IReadOnlyList<OutboxItem> Outbox { get; init; }

    /// <summary>The rooms with local members.</summary>
    public required IReadOnlyList<Room> Rooms { get; init; }

    /// <summary>For each live publisher the highest position handled.</summary>
    public required IReadOnlyList<SeenPosition> Seen { get; init; }

    /// <summary>The local sockets whose ids name another life, as their clients came back here.</summary>
    public IReadOnlyList<MovedSocket> Moved { get; init; } = [];

    /// <summary>What the home said last of <see cref="Registered.Doubt"/>.</summary>
    public long Doubt { get; init; }

    /// <summary>What is left of <see cref="Registered.Unheard"/>.</summary>
    public long Unheard { get; init; }

    /// <summary>The epochs before <see cref="Epoch"/>, as the home told of them.</summary>
    public IReadOnlyList<PastEpoch> Past { get; init; } = [];

    /// <summary>When the home had given this number, the newest life that has gone, as <see cref="List"/> tells, had done so.</summary>
    public long Removed { get; init; }
}

/// <summary>One of the server's own operations, as its <see cref="History"/> tells of it.</summary>
/// <param name="Position">Its place among this life's operations.</param>
/// <param name="Operation">What it does.</param>
/// <param name="Number">Its number; 0 where it is not known.</param>
/// <param name="Run">Its run; 0 where the number is not known.</param>
internal sealed record OutboxItem(long Position, Operation Operation, long Number, long Run);

/// <summary>The highest position of a publisher that a server has handled.</summary>
/// <param name="Publisher">The publishing life.</param>
/// <param name="Position">The position.</param>
internal readonly record struct SeenPosition(ServerId Publisher, long Position);

/// <summary>A message from a home to one life. Immutable. All but <see cref="WrongEpoch"/> and <see cref="Fenced"/> carry a <see cref="Head"/>.</summary>
internal abstract record HomeMessage
{
    /// <summary>The life it is for.</summary>
    public required ServerId Life { get; init; }

    /// <summary>The epoch it speaks of.</summary>
    public required long Epoch { get; init; }

    /// <summary>The session it belongs to.</summary>
    public long Session { get; init; }

    /// <summary>The state of the home when it was sent.</summary>
    public Head? Head { get; init; }
}

/// <summary>What a home says of itself with every message (PROTOCOL.md: Head).</summary>
/// <param name="Stable">S: up to here every life has acknowledged all it was sent.</param>
/// <param name="Number">N: the last number given.</param>
/// <param name="Last">The newest number that was ever in the receiver's mailbox.</param>
/// <param name="ListVersion">The version of the list of lives.</param>
/// <param name="List">The lives; null where the receiver has named this version, or one from which <paramref name="Changes"/> lead to it.</param>
/// <param name="Changes">
/// What has changed since the version that the receiver has named: one change for each version, the last one that of <paramref name="ListVersion"/>. Null
/// where the list is here, or need not be.
/// </param>
/// <param name="Held">Up to here what the receiver published is on a second machine; <see cref="AllHeld"/> where nothing of it waits for that.</param>
internal sealed record Head(
    long Stable,
    long Number,
    long Last,
    long ListVersion,
    IReadOnlyList<ServerId>? List,
    IReadOnlyList<ListChange>? Changes = null,
    long Held = Head.AllHeld)
{
    /// <summary>Nothing that the receiver published up to <see cref="Number"/> waits for a second machine.</summary>
    public const long AllHeld = long.MaxValue;
}

/// <summary>What one version of the list of lives has changed.</summary>
/// <param name="Life">The life that it is about.</param>
/// <param name="IsThere">Whether the life has come; else it has gone.</param>
internal readonly record struct ListChange(ServerId Life, bool IsThere);

/// <summary>The home has another epoch: the server has to register for that one.</summary>
internal sealed record WrongEpoch : HomeMessage;

/// <summary>The home has ended this life: the server closes its clients and begins a new one.</summary>
internal sealed record Fenced : HomeMessage;

/// <summary>The life is admitted to the home.</summary>
internal sealed record Registered : HomeMessage
{
    /// <summary>The position up to which <see cref="Results"/> settles the life's operations.</summary>
    public required long LastPosition { get; init; }

    /// <summary>The number after which this mailbox begins.</summary>
    public required long From { get; init; }

    /// <summary>What became of the operations in the history's outbox.</summary>
    public required IReadOnlyList<OperationResult> Results { get; init; }

    /// <summary>Whether the home keeps sessions.</summary>
    public bool KeepsSessions { get; init; }

    /// <summary>Sockets that this server may still have, though another one holds them by a later claim: it is to let them go.</summary>
    public IReadOnlyList<MovedSocket> Taken { get; init; } = [];

    /// <summary>For how many milliseconds yet somebody may have acted on a request that the home knows nothing of; 0 where nobody may.</summary>
    public long Doubt { get; init; }

    /// <summary>
    /// For how many milliseconds yet requests count that were granted before this life came, and of which it has not heard; 0 where there are none.
    /// </summary>
    public long Unheard { get; init; }

    /// <summary>The epochs before this one, oldest first, as far as places in them still mean something: for the next home.</summary>
    public IReadOnlyList<PastEpoch> Past { get; init; } = [];

    /// <summary>
    /// Of sessions that this life has held since this number or before, nobody can tell whether another life that has gone held them later; 0 where somebody
    /// can.
    /// </summary>
    public long UnprovedUpTo { get; init; }

    /// <summary>The last number when the last life went that this home had, or one before it; 0 where none has.</summary>
    public long Removed { get; init; }
}

/// <summary>
/// The home asks for what was for a socket of the receiver before this home began, as a client has to be given it; the answer is a
/// <see cref="SessionEarlier"/>. It may be lost: it is said again while somebody claims the session.
/// </summary>
internal sealed record Recall : HomeMessage
{
    /// <summary>The socket.</summary>
    public required SocketId Socket { get; init; }

    /// <summary>The claim by which the receiver holds it.</summary>
    public required long Claim { get; init; }

    /// <summary>Behind which number; 0 for all that ever was for it.</summary>
    public required long After { get; init; }

    /// <summary>Up to which number.</summary>
    public required long UpTo { get; init; }
}

/// <summary>A batch was accepted: the operation at position First + i has the number FirstNumber + i.</summary>
internal sealed record Accepted : HomeMessage
{
    /// <summary>The first position of the batch.</summary>
    public required long First { get; init; }

    /// <summary>The number of the first operation.</summary>
    public required long FirstNumber { get; init; }

    /// <summary>How many operations the batch has.</summary>
    public required int Count { get; init; }

    /// <summary>For the batch's requests, the lives they were sent to.</summary>
    public required IReadOnlyList<RequestTargets> Targets { get; init; }

    /// <summary>The answers to the batch's claims.</summary>
    public IReadOnlyList<ClaimAnswer> Claims { get; init; } = [];
}

/// <summary>Entries of the mailbox, in order. Also answers <see cref="ReadAfter"/>.</summary>
internal sealed record Push : HomeMessage
{
    /// <summary>The number up to which the receiver must have handled everything for the entries to follow without a gap.</summary>
    public required long Previous { get; init; }

    /// <summary>The entries, ascending; none where only the head is news.</summary>
    public required IReadOnlyList<Entry> Entries { get; init; }
}

/// <summary>The lease has been renewed. Brings news of sessions that ended, until the life names them.</summary>
internal sealed record Renewed : HomeMessage
{
    /// <summary>Which news the last one of <see cref="Ended"/> is, counted since the life was admitted.</summary>
    public long EndedUpTo { get; init; }

    /// <summary>Sessions that ended while their clients were away, for the application.</summary>
    public IReadOnlyList<EndedSession> Ended { get; init; } = [];

    /// <summary>As in <see cref="Registered.Doubt"/>.</summary>
    public long Doubt { get; init; }
}

/// <summary>What became of an operation that waited in an outbox when the home before was lost.</summary>
internal enum OperationOutcome : byte
{
    /// <summary>It has a number and is in every target's mailbox.</summary>
    Accepted = 1,

    /// <summary>Every target had acknowledged it already.</summary>
    Stable = 2,

    /// <summary>Nobody can tell.</summary>
    Unknown = 3,
}

/// <summary>What became of one operation.</summary>
/// <param name="Position">Its position.</param>
/// <param name="Number">Its number, where it is known; else 0.</param>
/// <param name="Run">Its run, where it is known; else 0.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Targets">For a request, the lives it was sent to; null otherwise, and where they are not known.</param>
internal sealed record OperationResult(long Position, long Number, long Run, OperationOutcome Outcome, IReadOnlyList<ServerId>? Targets);

/// <summary>The lives that a request went to.</summary>
/// <param name="Position">The request's position.</param>
/// <param name="Lives">The lives whose mailboxes it was put into.</param>
internal sealed record RequestTargets(long Position, IReadOnlyList<ServerId> Lives);
