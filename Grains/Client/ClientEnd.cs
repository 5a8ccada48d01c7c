using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace OrleansAdapter.Grains;

/// <summary>
/// Keeps a process alive while its Orleans client ends and stream events still come: such an event, looked at after the client has ended, throws on the
/// thread pool. Closing the connections is not enough, since an event may be read long before a thread takes it. So what listens to streams is removed
/// first, which makes Orleans drop events for it; then the connections close; then the client ends.
/// </summary>
internal sealed class ClientEnd(IServiceProvider services) : ILifecycleParticipant<IClusterClientLifecycle>, IDisposable
{
    // Orleans stops from the highest stage to the lowest one: its streams at RuntimeInitialize, its connections one below.
    private const int BeforeStreams = ServiceLifecycleStage.RuntimeInitialize + 1;
    private const int AfterConnections = ServiceLifecycleStage.RuntimeInitialize - 2;
    private static readonly TimeSpan ConnectionsMayTake = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<IGrainObserver> _listening = [];
    private bool _knowsConsumer;
    private int _open;
    private bool _ending;

    /// <summary>Remembers an observer that listens to a stream.</summary>
    public void Add(IGrainObserver observer)
    {
        lock (_lock)
        {
            _listening.Add(observer);
            if (!_ending)
            {
                return;
            }
        }
        Release();
    }

    /// <summary>Forgets an observer that listens no longer. False where the client's end has deleted its reference already.</summary>
    public bool Remove(IGrainObserver observer)
    {
        lock (_lock)
        {
            return _listening.Remove(observer);
        }
    }

    /// <summary>Remembers the one object that consumes all streams of another provider, found by a subscription of it.</summary>
    public async Task SubscribedAsync(string provider, StreamId stream, Guid subscription)
    {
        lock (_lock)
        {
            if (_knowsConsumer)
            {
                return;
            }
        }
        var manager = services.GetRequiredService<IStreamSubscriptionManagerAdmin>().GetStreamSubscriptionManager(
            StreamSubscriptionManagerType.ExplicitSubscribeOnly);
        var all = await manager.GetSubscriptions(provider, stream).ConfigureAwait(false);
        if (all.FirstOrDefault(known => known.SubscriptionId == subscription) is { } own)
        {
            lock (_lock)
            {
                _knowsConsumer = true;
            }
            Add(services.GetRequiredService<IClusterClient>().GetGrain<IConsumer>(own.GrainId));
        }
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
        IGrainObserver[] listening;
        lock (_lock)
        {
            _ending = true;
            if (_open == 0)
            {
                _closed.TrySetResult();
            }
            listening = [.. _listening];
            _listening.Clear();
        }
        if (listening.Length == 0)
        {
            return;
        }
        var client = services.GetRequiredService<IClusterClient>();
        foreach (var observer in listening)
        {
            client.DeleteObjectReference<IGrainObserver>(observer);
        }
    }

    /// <summary>What listens to the host's streams, seen as an observer: only such a one can be made unknown.</summary>
    [Alias("OrleansAdapter.IConsumer")]
    internal interface IConsumer : IGrainObserver;
}
