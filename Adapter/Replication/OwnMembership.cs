namespace OrleansAdapter.Replication;

/// <summary>
/// This server's own word that it has, or has not, members in a room. Whoever waits for the room's membership to hold waits for the last such word.
/// </summary>
internal sealed class OwnMembership(Room room, bool member, long asOf, Action<OwnMembership> ended) : PendingOperation(Operation.Own(room, member, asOf))
{
    private List<TaskCompletionSource>? _waiters;

    public Room Room { get; } = room;

    public void AddWaiter(TaskCompletionSource waiter) => (_waiters ??= []).Add(waiter);

    protected override void OnSucceeded()
    {
        ended(this);
        _waiters?.ForEach(waiter => waiter.TrySetResult());
    }

    /// <summary>It goes on: each waiter has a time limit of its own.</summary>
    public override void TimeOut(OperationFailure failure)
    {
    }

    protected override void OnFailed(OperationFailure failure)
    {
        ended(this);
        var exception = OperationException.For(failure, $"the membership of room \"{Room}\"");
        _waiters?.ForEach(waiter => waiter.TrySetException(exception));
    }
}
