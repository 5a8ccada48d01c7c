namespace OrleansAdapter.Requests;

/// <summary>
/// This server's half of the way that answers take: what it gives is sent, and again when the directory may have lost it; what it gets is taken once and
/// acknowledged. It also tells the directory who this server is, which renews its place in the list. Has no clock and no link of its own. Safe under
/// threads.
/// </summary>
/// <param name="process">This server.</param>
/// <param name="describe">What it says of itself now.</param>
/// <param name="lease">How long it may be silent, in milliseconds; 0 leaves that to the directory.</param>
/// <param name="send">Sends a message to the directory; it may be lost.</param>
/// <param name="take">Takes an answer to a request of this server.</param>
/// <param name="lost">Told that answers to this server may have been lost: with the directory, or because it took this server for dead.</param>
internal sealed class AnswerExchange(
    ServerId process, Func<ServerDescription> describe, long lease, Action<ServerMessage> send, Action<Answer> take, Action lost)
{
    /// <summary>
    /// How long the directory may say nothing, in milliseconds, while requests wait for answers, before it is asked whether answers got lost.
    /// </summary>
    public const long Silence = 500;

    private const long Keep = 60_000;
    private const long KeepBytes = 16 << 20;

    private readonly AnswerInbox _inbox = new();
    private readonly AnswerOutbox _outbox = new(Keep, KeepBytes);
    private long _heard;

    /// <summary>This server answers somebody's request.</summary>
    public void Send(Answer answer, long now)
    {
        _outbox.Add(answer, now);
        send(answer);
    }

    /// <summary>Answers have come.</summary>
    public void Receive(Answers answers, long now)
    {
        Volatile.Write(ref _heard, now);
        if (_inbox.Receive(answers, take))
        {
            lost();
        }
        var (session, handled) = _inbox.Position;
        send(new AcknowledgeAnswers(process, session, handled));
    }

    /// <summary>The link to the directory is up, perhaps again, perhaps to another one: what was sent may be lost.</summary>
    public void Connected(long now)
    {
        Describe();
        foreach (var answer in _outbox.Recent(now))
        {
            send(answer);
        }
    }

    /// <summary>
    /// Requests wait for answers. Where nothing has come for a while, the directory is told again what has: it sends what is missing. To be called often, with
    /// <paramref name="waiting"/> where there is such a request.
    /// </summary>
    public void Check(bool waiting, long now)
    {
        if (!waiting)
        {
            Volatile.Write(ref _heard, now);
        }
        else if (now - Volatile.Read(ref _heard) >= Silence)
        {
            Volatile.Write(ref _heard, now);
            Describe();
        }
    }

    /// <summary>Tells the directory who this server is. To be called at every heartbeat.</summary>
    public void Describe()
    {
        var (session, handled) = _inbox.Position;
        send(new Describe(describe(), session, handled, lease));
    }
}
