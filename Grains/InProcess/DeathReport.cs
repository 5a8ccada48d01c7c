namespace OrleansAdapter.Grains.InProcess;

/// <summary>A reported death, until the list of servers and all homes have taken note of it.</summary>
/// <param name="process">The dead process.</param>
/// <param name="expected">How many have to take note.</param>
internal sealed class DeathReport(ServerId process, int expected)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = expected;

    /// <summary>The dead process.</summary>
    public ServerId Process { get; } = process;

    /// <summary>Ends when all have taken note.</summary>
    public Task Done => _done.Task;

    /// <summary>Counts one that has taken note.</summary>
    public void Noted()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _done.TrySetResult();
        }
    }
}
