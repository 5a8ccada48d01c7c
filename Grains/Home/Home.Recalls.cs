namespace OrleansAdapter.Grains;

/// <content>What is older than this home, the holders of the sessions know: they are asked when a client claims its own (PROTOCOL.md, S12).</content>
internal sealed partial class Home
{
    /// <summary>A question or its answer may be lost; while a session is claimed, it is asked again, and not with each claim.</summary>
    private const long RecallAgainAfter = 500;

    private readonly PastEpochs _epochs = new();

    /// <summary>The epochs before this home's that it goes on from.</summary>
    public IReadOnlyList<PastEpoch> Past => _epochs.All;

    private long? NumberOf(OrderOffset offset) => _epochs.NumberOf(offset, Epoch, Number);

    /// <summary>
    /// Up to where a client has received everything. What one names of an epoch before this home's says nothing of a session that began in this one: a client
    /// that was refused, and has received nothing since, keeps the place that it had.
    /// </summary>
    private OrderOffset OffsetFor(Session session, OrderOffset offset) =>
        !session.IsReopened && offset.Epoch < Epoch && session.First > _epochs.Last ? default : offset;

    private void InheritEpochs(Merge merge)
    {
        if (merge.Top is { } top)
        {
            _epochs.Inherit(top.Past, top.Epoch, merge.Number);
        }
    }

    /// <summary>Whether all is known that was for a session's client behind a number; else its holder is asked, if it is there.</summary>
    private ClaimRefusal Recall(Session session, long after)
    {
        if (after >= session.First || session.Earlier?.After <= after)
        {
            return ClaimRefusal.None;
        }
        var recall = session.Trail.Recall ??= new SessionRecall();
        if (recall.Refused is { } refused && after <= refused.After)
        {
            return EndAway(session, refused.Refusal);
        }
        if (_lives.Find(session.Holder) is not { } holder)
        {
            return EndAway(session, ClaimRefusal.WindowPassed); // who knew it has gone as well
        }
        var isNew = recall.Asked is not { } asked || asked.After != after;
        if (isNew && !SessionTable.CountClaim(session, _now))
        {
            _sessions!.End(session, SessionEnd.TooManyClaims);
            return ClaimRefusal.TooManyClaims;
        }
        if (isNew || _now - recall.Asked!.Value.Time >= RecallAgainAfter)
        {
            recall.Asked = (after, _now);
            Send(
                holder,
                new Recall { Life = holder.Id, Epoch = Epoch, Socket = session.Socket, Claim = session.Claim, After = after, UpTo = session.First });
        }
        return ClaimRefusal.NotYet;
    }

    /// <summary>A client that is away and cannot come back will not; one that is connected somewhere stays there.</summary>
    private ClaimRefusal EndAway(Session session, ClaimRefusal refusal)
    {
        if (session.IsAway)
        {
            _sessions!.End(session, refusal == ClaimRefusal.TooMuchMissed ? SessionEnd.TooMuchMissed : SessionEnd.WindowPassed);
        }
        return refusal;
    }
}
