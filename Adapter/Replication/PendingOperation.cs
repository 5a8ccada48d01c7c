namespace OrleansAdapter.Replication;

/// <summary>An own operation on its way through the outbox, and whom to tell how it went. All calls come from the namespace's turn.</summary>
internal abstract class PendingOperation(Operation operation)
{
    private bool _hasLeft;

    public Operation Operation { get; } = operation;

    /// <summary>Its place among this life's operations; 0 before it has one.</summary>
    public long Position { get; set; }

    /// <summary>When it was put into the outbox, on the replica's clock.</summary>
    public long Since { get; set; }

    public long Number { get; private set; }

    public long Run { get; private set; }

    /// <summary>The home has said what became of it.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>It has ended for whoever published it.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The home's answer. A stable operation has no number any more: everybody it was for has it.</summary>
    public void Answer(long number, long run, OperationOutcome outcome, IReadOnlyList<ServerId>? targets)
    {
        IsAnswered = true;
        Leave();
        (Number, Run) = outcome == OperationOutcome.Accepted ? (number, run) : (0, 0);
        if (outcome == OperationOutcome.Unknown)
        {
            Fail(OperationFailure.Merged);
        }
        else
        {
            OnAccepted(targets);
            if (Operation.IsForHome)
            {
                Succeed();
            }
        }
    }

    public void Succeed()
    {
        if (!IsEnded)
        {
            IsEnded = true;
            OnSucceeded();
        }
    }

    public void Fail(OperationFailure failure)
    {
        if (failure is not (OperationFailure.TimedOut or OperationFailure.NotStarted or OperationFailure.NotHeld))
        {
            Leave();
        }
        if (!IsEnded)
        {
            IsEnded = true;
            OnFailed(failure);
        }
    }

    /// <summary>It has waited too long for an answer, for a reason that leaves it where it is: it may still happen.</summary>
    public virtual void TimeOut(OperationFailure failure) => Fail(failure);

    /// <summary>The home's answer to a claim, right before it is accepted.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="epoch">The home's epoch.</param>
    internal virtual void AnswerClaim(ClaimAnswer answer, long epoch) =>
        throw new InvalidOperationException($"The home answered {Operation.Kind} {Position} as if it were a claim.");

    /// <summary>It waits for the home no more: it was answered, or failed for good. Called once.</summary>
    protected virtual void OnLeft()
    {
    }

    /// <summary>It has a number, or is stable.</summary>
    protected virtual void OnAccepted(IReadOnlyList<ServerId>? targets)
    {
    }

    /// <summary>It is accepted, and this server has handled all up to it.</summary>
    protected abstract void OnSucceeded();

    /// <summary>It ended without that; its outcome is unknown.</summary>
    protected abstract void OnFailed(OperationFailure failure);

    private void Leave()
    {
        if (!_hasLeft)
        {
            _hasLeft = true;
            OnLeft();
        }
    }
}

/// <summary>Why nobody can say what became of an operation.</summary>
internal enum OperationFailure
{
    /// <summary>This server was fenced.</summary>
    Fenced,

    /// <summary>The home was lost, and the servers that came back could not tell (PROTOCOL.md, H5.4 e).</summary>
    Merged,

    /// <summary>No answer within the time that requests have. It may still happen.</summary>
    TimedOut,

    /// <summary>The same, and this server has not even started: nothing has been sent so far.</summary>
    NotStarted,

    /// <summary>
    /// It was accepted, and no second machine said within that time that it has it (PROTOCOL.md, H13). It is lost only where that of the home is.
    /// </summary>
    NotHeld,

    /// <summary>This server stops.</summary>
    Stopped,
}
