namespace OrleansAdapter.Grains;

/// <summary>
/// One server: what it says of itself, its lease, and the answers that wait for it. A plain state machine: messages and the time go in,
/// messages come out. One call at a time; times are milliseconds of any monotonic clock.
/// </summary>
internal sealed class Server(ServerId process, ServersOptions options, IServersOutput output, long session, long now)
{
    private readonly AnswerLog _answers = new(options, session);
    private readonly Action<Answer> _expired = answer => output.Refused(answer, AnswerRefusal.Expired);
    private readonly long _since = now;
    private long _leaseEnds = now + options.Lease;

    /// <summary>Its process.</summary>
    public ServerId Process { get; } = process;

    /// <summary>What it says of itself; null while only answers for it have come.</summary>
    public ServerDescription? Description { get; private set; }

    /// <summary>The answers that wait for it, in bytes.</summary>
    public long WaitingBytes => _answers.Bytes;

    /// <summary>Whether its lease has run out; or, for one that never described itself, whether its answers have.</summary>
    public bool HasLapsed(long now) => Description is null ? now - _since > options.AnswerLife : now > _leaseEnds;

    /// <summary>It describes itself: that renews its lease, and what it has not got by now is sent again.</summary>
    public void Receive(Describe describe, long now)
    {
        Description = describe.Description;
        _leaseEnds = now + Leases.Of(describe.Lease, options.Lease);
        var isKnown = describe.Session == _answers.Session;
        if (isKnown)
        {
            _answers.Acknowledge(describe.Handled);
        }
        _answers.Rewind();
        if (!SendNext() && !isKnown)
        {
            // It learns that this is another numbering: what waited for it under the one before is lost, and it must not wait for that.
            output.Send(Process, new Answers(_answers.Session, _answers.Acknowledged, []));
        }
    }

    /// <summary>Another server answers a request of this one.</summary>
    public void Receive(Answer answer, long now)
    {
        if (_answers.Add(answer, now) is { } refusal)
        {
            output.Refused(answer, refusal);
        }
        SendNext();
    }

    /// <summary>It has handled answers: the next ones follow.</summary>
    public void Receive(AcknowledgeAnswers acknowledge)
    {
        if (acknowledge.Session == _answers.Session)
        {
            _answers.Acknowledge(acknowledge.Handled);
            SendNext();
        }
    }

    /// <summary>The directory itself was paused: that time does not count.</summary>
    public void ExtendLease(long pause) => _leaseEnds += pause;

    /// <summary>Ends what has run out.</summary>
    public void Tick(long now) => _answers.Expire(now, _expired);

    private bool SendNext()
    {
        if (Description is null || _answers.NextBatch() is not { } batch)
        {
            return false;
        }
        output.Send(Process, batch);
        return true;
    }
}
