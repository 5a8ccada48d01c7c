using System.Runtime.CompilerServices;

namespace Rides;

/// <summary>A value that changes, and that any number of readers follow.</summary>
internal sealed class LatestValue<T>(T value)
{
    private Version _now = new(value);

    public void Set(T value)
    {
        var next = new Version(value);
        Interlocked.Exchange(ref _now, next).Replaced.SetResult();
    }

    public async IAsyncEnumerable<T> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = Volatile.Read(ref _now);
            yield return now.Value;
            await now.Replaced.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class Version(T value)
    {
        public T Value { get; } = value;

        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
