using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace OrleansAdapter.Grains;

/// <summary>
/// Lets a client end while events still come to it. Orleans refuses them by answers as soon as the client is ending, and where such an event is
/// looked at after the client has ended it throws, on a thread of the pool: the process dies. Connections that are closed do not help, since an event may be read
/// long before a thread takes it. So what consumes streams is made unknown first, for which Orleans drops an event, then the connections close, and
/// only then does the client end, however impatiently it is stopped.
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

    /// <summary>Notes what consumes this client's streams, which is one object for all of them: who subscribed to a stream.</summary>
    public async Task SubscribedAsync(string provider, StreamId stream, Guid subscription)
    {
        lock (_lock)
        {
            if (_consumer is not null)
            {
                return;
            }
        }
        var manager = services.GetRequiredService<IStreamSubscriptionManagerAdmin>().GetStreamSubscriptionManager(StreamSubscriptionManagerType.ExplicitSubscribeOnly);
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

    /// <summary>Watches a connection of the client.</summary>
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

    /// <summary>For a client that ends without having been stopped.</summary>
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

    /// <summary>What consumes streams, seen as an observer: only such a one can be made unknown.</summary>
    [Alias("OrleansAdapter.IConsumer")]
    internal interface IConsumer : IGrainObserver;
}
