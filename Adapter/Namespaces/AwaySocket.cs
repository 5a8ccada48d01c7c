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
    private bool _lacksSome;
    private long _firstMissed;

    public long Since { get; } = since;

    /// <summary>Its place among those that are away, oldest first.</summary>
    public LinkedListNode<AwaySocket>? Node { get; set; }

    /// <summary>How many numbers it has.</summary>
    public int Noted => _missed?.Count ?? 0;

    /// <summary>A packet was for it. Returns how many numbers more it has, or how many less: where it would have too many, it keeps none.</summary>
    /// <param name="number">The packet's number.</param>
    /// <param name="most">How many it may have.</param>
    public int Misses(long number, long most)
    {
        _firstMissed = _firstMissed == 0 ? number : _firstMissed;
        var noted = Noted;
        if (_lacksSome)
        {
            return 0;
        }
        if (noted >= most)
        {
            (_missed, _lacksSome) = (null, true);
            return -noted;
        }
        (_missed ??= []).Add(number);
        return 1;
    }

    /// <summary>Up to this number nothing was for it since its connection broke.</summary>
    public long NothingUpTo(long handled) => _firstMissed > 0 ? _firstMissed - 1 : handled;

    /// <summary>The numbers of the packets that were for it after one number and up to another; null where it does not know them all.</summary>
    public IEnumerable<long>? Missed(long after, long upTo) =>
        after < knownAt || _lacksSome ? null : (_missed ?? []).Where(number => number > after && number <= upTo);

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
