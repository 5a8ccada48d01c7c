using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace OrleansAdapter.Grains;

/// <summary>
/// Keeps a process alive while its Orleans client ends and stream events still come: such an event, looked at after the client has ended, throws on the
/// thread pool. Closing the connections is not enough, since an event may be read long before a thread takes it. So the streams' consumer is removed first,
/// which makes Orleans drop events for it; then the connections close; then the client ends.
/// </summary>
internal sealed class ClientEnd(IServiceProvider services) : ILifecycleParticipant<IClusterClientLifecycle>, IDisposable
{
    // Orleans stops from the highest stage to the lowest one: its streams at RuntimeInitialize, its connections one below.
    private const int BeforeStreams = ServiceLifecycleStage.RuntimeInitialize + 1;
    private const int AfterConnections = ServiceLifecycleStage.RuntimeInitialize - 2;
    private static readonly TimeSpan ConnectionsMayTake = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GrainId? _consumer;
    private int _open;
    private bool _ending;

    /// <summary>Remembers the one object that consumes all of this client's streams, found by a subscription of it.</summary>
    public async Task SubscribedAsync(string provider, StreamId stream, Guid subscription)
    {
        lock (_lock)
        {
            if (_consumer is not null)
            {
                return;
            }
        }
        var manager = services.GetRequiredService<IStreamSubscriptionManagerAdmin>().GetStreamSubscriptionManager(
            StreamSubscriptionManagerType.ExplicitSubscribeOnly);
        var own = (await manager.GetSubscriptions(provider, stream).ConfigureAwait(false)).FirstOrDefault(known => known.SubscriptionId == subscription);
        lock (_lock)
        {
            _consumer ??= own?.GrainId;
            if (!_ending)
            {
                return;
            }
        }
        Release();
    }

    /// <summary>Counts a connection of the client while it is open.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) => async connection =>
    {
        lock (_lock)
        {
            _open++;
        }
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Closed();
        }
    };

    public void Participate(IClusterClientLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(ClientEnd), BeforeStreams, _ => Task.CompletedTask, _ =>
        {
            Release();
            return Task.CompletedTask;
        });
        lifecycle.Subscribe(nameof(ClientEnd), AfterConnections, _ => Task.CompletedTask, async _ =>
            await _closed.Task.WaitAsync(ConnectionsMayTake, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
    }

    /// <summary>Removes the consumer where the client ends without having been stopped.</summary>
    public void Dispose() => Release();

    private void Closed()
    {
        lock (_lock)
        {
            if (--_open == 0 && _ending)
            {
                _closed.TrySetResult();
            }
        }
    }

    private void Release()
    {
        GrainId? consumer;
        lock (_lock)
        {
            _ending = true;
            if (_open == 0)
            {
                _closed.TrySetResult();
            }
            (consumer, _consumer) = (_consumer, null);
        }
        if (consumer is { } known)
        {
            var client = services.GetRequiredService<IClusterClient>();
            client.DeleteObjectReference<IConsumer>(client.GetGrain<IConsumer>(known));
        }
    }

    /// <summary>The streams' consumer seen as an observer, because Orleans removes only observers.</summary>
    [Alias("OrleansAdapter.IConsumer")]
    internal interface IConsumer : IGrainObserver;
}
