namespace OrleansAdapter.Grains;

/// <summary>How a server stands with one home, as far as <see cref="Rounds"/> need to know it. Safe under threads.</summary>
/// <param name="namespace">The home's namespace.</param>
internal sealed class HomeContact(string @namespace)
{
    private WorkerMessage? _newest;
    private long _heard;
    private string? _silo;
    private WaitingRenewal? _renewal;

    public string Namespace { get; } = @namespace;

    /// <summary>What was said to the home last, whose life and epoch are the server's; null while nothing was.</summary>
    public WorkerMessage? Newest => Volatile.Read(ref _newest);

    /// <summary>The silo in which the home is; null while it is not known, and the home is asked by itself.</summary>
    public string? Silo => Volatile.Read(ref _silo);

    /// <summary>When it was asked by itself last, out of turn with the others of its silo.</summary>
    public long AskedAlone { get; set; }

    /// <summary>Whether a renewal of the lease waits to go with others.</summary>
    public bool HasRenewal => Volatile.Read(ref _renewal) is not null;

    /// <summary>Something is said to the home. One that registers does not know where the home is.</summary>
    public void Said(WorkerMessage message)
    {
        Volatile.Write(ref _newest, message);
        if (message is Register)
        {
            Volatile.Write(ref _silo, null);
        }
        if (message is Register or Renew)
        {
            Volatile.Write(ref _renewal, null); // the newest says all that the one before did
        }
    }

    /// <summary>Keeps a renewal for the next round; false where it has to go at once.</summary>
    public bool TryKeep(Renew renewal, long now)
    {
        if (Silo is null || renewal.MayWait < Rounds.LooksEvery)
        {
            return false;
        }
        Volatile.Write(ref _renewal, new WaitingRenewal(renewal, now + renewal.MayWait));
        return true;
    }

    /// <summary>Something has come from the home.</summary>
    public void Heard(long now) => Volatile.Write(ref _heard, now);

    /// <summary>The home has said in which silo it is. Returns the other one in which it was thought to be; null where that is no news.</summary>
    public string? Named(string silo) => Interlocked.Exchange(ref _silo, silo) is { } before && before != silo ? before : null;

    /// <summary>The home is not to be asked with others of this silo any more.</summary>
    public void Leave(string silo)
    {
        if (Silo is { } own && own == silo)
        {
            Interlocked.CompareExchange(ref _silo, null, own);
        }
    }

    /// <summary>Whether there is a life that can ask, and it has heard nothing for so long.</summary>
    public bool IsSilent(long now, long silence) => Newest is { Epoch: > 0 } && now - Volatile.Read(ref _heard) > silence;

    /// <summary>Whether a renewal has waited for as long as it may.</summary>
    public bool HasRenewalDue(long now) => Volatile.Read(ref _renewal) is { } waiting && now >= waiting.Until;

    /// <summary>Takes the renewal that waits; null where there is none, or it is of a life or an epoch that has ended.</summary>
    public Renew? TakeRenewal() => Interlocked.Exchange(ref _renewal, null)?.Renewal is { } renewal && IsCurrent(renewal) ? renewal : null;

    /// <summary>Whether the server is still in the life and the epoch in which it said this.</summary>
    public bool IsCurrent(WorkerMessage message) => Newest is { } newest && newest.Life == message.Life && newest.Epoch == message.Epoch;

    private sealed record WaitingRenewal(Renew Renewal, long Until);
}
