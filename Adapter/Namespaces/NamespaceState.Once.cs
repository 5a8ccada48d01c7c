using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <content>Requests that this server or another one was granted to act on: told to every new home, for the window.</content>
internal sealed partial class NamespaceState
{
    private const int IdsInAWord = 1_000;

    private readonly Queue<(SecretHash Id, long When)> _granted = new();

    /// <summary>Asks whether this server is the first that is to act on a request.</summary>
    public void Ask(PendingOnce once, long now)
    {
        _now = now;
        if (Replica.Recovery is null)
        {
            once.Refuse(ClaimRefusal.Unknown);
        }
        else if (!Replica.IsLive || !Replica.KeepsSessions)
        {
            once.Refuse(ClaimRefusal.NotYet);
        }
        else if (Refuses("asking whether a request is new") is not null)
        {
            once.Refuse(ClaimRefusal.TooManyRequests);
        }
        else
        {
            Replica.Submit(once, now);
        }
    }

    /// <summary>This server is to act on a request: to be called when the home says so, in the turn.</summary>
    /// <returns>Whether it may still: who hears of it when the window has passed, is perhaps not the only one any more.</returns>
    public bool Granted(SecretHash id, long asked)
    {
        Granted(id);
        return Replica.Recovery is { } settings && _now - asked <= settings.KeepSessions;
    }

    private void Granted(SecretHash id)
    {
        if (Replica.Recovery is null)
        {
            return; // nobody asks here, and no home will
        }
        _granted.Enqueue((id, _now));
        ForgetGranted();
    }

    private void ForgetGranted()
    {
        while (_granted.TryPeek(out var oldest) && _now - oldest.When > Replica.Recovery!.KeepSessions)
        {
            _granted.Dequeue();
        }
    }

    private void TellGranted()
    {
        ForgetGranted();
        foreach (var ids in _granted.Chunk(IdsInAWord))
        {
            var word = new SessionOnce([.. ids.Select(granted => new OnceId(granted.Id, _now - granted.When))]);
            Replica.Submit(new SessionSaid(word, Replica.Handled, null), _now);
        }
    }
}
