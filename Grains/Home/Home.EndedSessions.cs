namespace OrleansAdapter.Grains;

/// <content>News of sessions that ended while their clients were away: one server each tells its application (PROTOCOL.md, S8).</content>
internal sealed partial class Home
{
    /// <summary>How many ended sessions somebody is still to be told of, for tests.</summary>
    internal int EndedWaiting => _lives.All.Sum(static life => life.EndedNews?.Waiting.Count ?? 0);

    private void SessionHasEnded(Session session, SessionEnd reason, bool wasAway)
    {
        _output.SessionEnded(reason);
        if (reason != SessionEnd.Left && wasAway)
        {
            // A holder that still keeps what is for the socket stops at that.
            TellEnded(new EndedSession(session.Socket, session.User, session.Data, reason), session.Holder.IsNone ? session.LastHolder : session.Holder);
        }
    }

    /// <summary>Who held it last is told; where that is gone, another one is. Nobody is where nobody is there.</summary>
    private void TellEnded(EndedSession session, ServerId lastHolder)
    {
        var life = _lives.Find(lastHolder) is { HasSessions: true } holder ? holder : _lives.All.FirstOrDefault(static other => other.HasSessions);
        if (life is not null)
        {
            (life.EndedNews ??= new EndedNews()).Add(session);
        }
    }

    /// <summary>What a life that has gone had not taken, another one is told.</summary>
    private void PassOnEnded(Life gone)
    {
        foreach (var session in gone.EndedNews?.Waiting ?? [])
        {
            TellEnded(session, default);
        }
        gone.EndedNews = null;
    }

    private Renewed RenewedFor(Life life, Renew renew)
    {
        life.EndedNews?.Acknowledge(renew.EndedUpTo);
        var (ended, upTo) = life.EndedNews?.Next() ?? ([], 0);
        return new Renewed { Life = life.Id, Epoch = Epoch, Ended = ended, EndedUpTo = upTo, Doubt = Doubt };
    }
}
