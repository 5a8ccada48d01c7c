namespace OrleansAdapter.Grains;

/// <content>Requests that one server is to act on, once within the window, however often they are repeated (PROTOCOL.md, S9).</content>
internal sealed partial class Home
{
    private readonly OnceTable _once = new();
    private long _openedAt;
    private long _doubtUntil;

    /// <summary>
    /// For how long yet somebody may have acted on a request that this home knows nothing of: as it has not told yet, or never will, or was unknown to all that
    /// told, because the home before had been opened without it.
    /// </summary>
    private long Doubt => _sessions is null ? 0
        : Math.Max(0, Math.Max(_doubtUntil - _now, _untold.Count > 0 ? _openedAt + _sessions.Window - _now : 0));

    /// <summary>How many requests are remembered, for tests.</summary>
    internal int OnceCount => _once.Count;

    private ClaimRefusal DecideOnce(SecretHash id)
    {
        if (_sessions is null)
        {
            return ClaimRefusal.Unknown;
        }
        _once.Trim(_now - _sessions.Window);
        if (_once.Contains(id))
        {
            return ClaimRefusal.Repeated;
        }
        if (Doubt > 0)
        {
            return WillTell ? ClaimRefusal.NotYet : ClaimRefusal.HolderUnproved;
        }
        if (_once.Count >= OnceTable.Most)
        {
            return ClaimRefusal.TooManyRequests;
        }
        _once.Add(id, _now);
        return ClaimRefusal.None;
    }

    /// <summary>
    /// The doubts of the home before, as the servers heard of them last, are this one's. What was granted before any of them came, nobody knows where those who
    /// were there have gone; nor what was granted to one that has gone, where nobody has handled all that it was in time for. One that has heard of everything,
    /// and may stay, is enough.
    /// </summary>
    private void InheritDoubt(Merge merge, long now)
    {
        History[] histories = [.. _hold.Registers.Select(register => register.History).OfType<History>()];
        if (histories.Length > 0)
        {
            var window = _sessions?.Window ?? 0;
            var unheard = merge.Admitted.Select(register => merge.HasHeardTheGone(register) ? register.History!.Unheard : window).DefaultIfEmpty(window).Min();
            _doubtUntil = now + Math.Max(histories.Max(history => history.Doubt), unheard);
        }
    }

    /// <summary>For how long yet requests count of which a life has not heard that comes without a history.</summary>
    private long UnheardByNewcomer(long now)
    {
        if (_sessions is null)
        {
            return 0;
        }
        if (!IsOpen)
        {
            return _untold.Count > 0 ? _sessions.Window : 0; // what the others are about to tell, this one does not hear
        }
        return Math.Max(Doubt, _once.Newest is { } newest ? newest + _sessions.Window - now : 0);
    }

    private void KeepOnce(SessionOnce known)
    {
        foreach (var (id, age) in known.Ids)
        {
            if (age <= _sessions!.Window && _once.Count < OnceTable.Most)
            {
                _once.Add(id, _now - age);
            }
        }
    }
}
