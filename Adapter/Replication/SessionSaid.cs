namespace OrleansAdapter.Replication;

/// <summary>This server's word about the session of one of its sockets. Whoever waits for it waits until the home has it.</summary>
internal sealed class SessionSaid(SessionWord word, long asOf, TaskCompletionSource? waiter) : PendingOperation(Operation.Session(word, asOf))
{
    /// <summary>It goes on: the waiter has a time limit of its own.</summary>
    public override void TimeOut(OperationFailure failure)
    {
    }

    protected override void OnSucceeded() => waiter?.TrySetResult();

    protected override void OnFailed(OperationFailure failure) => waiter?.TrySetException(OperationException.For(failure, "what was said of a session"));
}
