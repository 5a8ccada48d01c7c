using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <summary>This server's question whether it is the first that is to act on a request (PROTOCOL.md, S9).</summary>
/// <param name="id">The hash of the request's id.</param>
/// <param name="granted">Told in the turn when it is, with when it was asked; false where that is too long ago.</param>
internal sealed class PendingOnce(SecretHash id, Func<SecretHash, long, bool> granted) : PendingOperation(Operation.Claim(SessionClaim.Once(id)))
{
    private readonly TaskCompletionSource<ClaimRefusal> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>None where it is the first.</summary>
    public Task<ClaimRefusal> Task => _ended.Task;

    /// <summary>Ends it without having asked.</summary>
    public void Refuse(ClaimRefusal refusal) => _ended.TrySetResult(refusal);

    internal override void AnswerClaim(ClaimAnswer answer, long epoch)
    {
        if (answer.Refusal == ClaimRefusal.None && !granted(id, Since))
        {
            _ended.TrySetException(OperationException.OnceUnknown());
        }
        else
        {
            _ended.TrySetResult(answer.Refusal);
        }
    }

    /// <summary>Without an answer only where the home was lost before it gave one: nobody acts on what it may have granted; the next one is asked.</summary>
    protected override void OnSucceeded() => Refuse(ClaimRefusal.NotYet);

    protected override void OnFailed(OperationFailure failure) =>
        _ended.TrySetException(OperationException.For(failure, "asking whether a request is new"));
}
