using OrleansAdapter.Packets;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// What is left of a socket whose client is away and may come back: it is in its rooms, others make it join, leave and go, and what is for it is noted, so
/// that this server can tell what the client missed where the directory has been lost (PROTOCOL.md, S10). Nobody is shown it.
/// </summary>
/// <param name="id">The socket's id.</param>
/// <param name="since">When the connection broke.</param>
/// <param name="knownAt">What this server had handled then.</param>
internal sealed class AwaySocket(SocketId id, long since, long knownAt) : LocalSocket(id)
{
    private List<long>? _missed;
    private bool _hasMissedTooMuch;

    public long Since { get; } = since;

    /// <summary>Its place among those that are away, oldest first.</summary>
    public LinkedListNode<AwaySocket>? Node { get; set; }

    /// <summary>A packet was for it.</summary>
    /// <param name="number">The packet's number.</param>
    /// <param name="most">How many a client may have missed and still come back.</param>
    public void Misses(long number, int most)
    {
        if ((_missed?.Count ?? 0) >= most)
        {
            _hasMissedTooMuch = true;
            return;
        }
        (_missed ??= []).Add(number);
    }

    /// <summary>Up to this number nothing was for it since its connection broke.</summary>
    public long NothingUpTo(long handled) => _missed is { } missed ? missed[0] - 1 : _hasMissedTooMuch ? knownAt : handled;

    /// <summary>The numbers of the packets that were for it after one number and up to another; null where it does not know them all.</summary>
    public IEnumerable<long>? Missed(long after, long upTo) =>
        after < knownAt || _hasMissedTooMuch ? null : (_missed ?? []).Where(number => number > after && number <= upTo);

    internal override void Deliver(Packet packet)
    {
    }

    internal override void EndTurn()
    {
    }

    internal override void Close(DisconnectReason reason)
    {
    }
}
