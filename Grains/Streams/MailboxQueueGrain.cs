using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;

namespace OrleansAdapter.Grains;

/// <inheritdoc cref="IMailboxQueueGrain"/>
/// <remarks>It is made where it is first read or written, which is mostly the silo that delivers it.</remarks>
[GrainType("orleansadapter.queue"), Reentrant, PreferLocalPlacement]
internal sealed class MailboxQueueGrain : Grain, IMailboxQueueGrain
{
    private const int Limit = 16 << 10;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly Queue<QueuedEvents> _events = new();
    private TaskCompletionSource? _reader;

    public Task Enqueue(QueuedEvents events)
    {
        if (_events.Count == Limit)
        {
            _events.Dequeue();
        }
        _events.Enqueue(events);
        _reader?.TrySetResult();
        return Task.CompletedTask;
    }

    public async Task<List<QueuedEvents>> Dequeue(int most, CancellationToken cancellationToken)
    {
        _reader?.TrySetResult();
        if (_events.Count == 0)
        {
            var reader = _reader = new TaskCompletionSource();
            await reader.Task.WaitAsync(LongestWait, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (cancellationToken.IsCancellationRequested || (_reader is { } later && later != reader))
            {
                return []; // what there is, is for who still reads
            }
            _reader = null;
        }
        List<QueuedEvents> taken = new(Math.Min(most, _events.Count));
        while (taken.Count < most && _events.TryDequeue(out var next))
        {
            taken.Add(next);
        }
        return taken;
    }
}
