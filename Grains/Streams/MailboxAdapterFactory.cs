using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>
/// The stream provider for mailboxes: events wait in queue grains, whose readers wait for them instead of looking now and then. It keeps no history and may
/// lose what is not fetched in time, which the mailboxes' protocol repairs; it suits nothing else.
/// </summary>
internal sealed class MailboxAdapterFactory : IQueueAdapterFactory, IQueueAdapterCache
{
    private readonly HashRingBasedStreamQueueMapper _mapper;
    private readonly IQueueAdapter _adapter;

    private MailboxAdapterFactory(string name, HashRingStreamQueueMapperOptions options, IGrainFactory grains)
    {
        _mapper = new HashRingBasedStreamQueueMapper(options, name);
        _adapter = new MailboxAdapter(name, _mapper, grains);
    }

    /// <summary>Makes the provider, as Orleans asks for it.</summary>
    public static IQueueAdapterFactory Create(IServiceProvider services, string name) => new MailboxAdapterFactory(
        name,
        services.GetRequiredService<IOptionsMonitor<HashRingStreamQueueMapperOptions>>().Get(name),
        services.GetRequiredService<IGrainFactory>());

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult(_adapter);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public IQueueCache CreateQueueCache(QueueId queueId) => new MailboxCache();
}

/// <summary>Writes events to the queue grains.</summary>
internal sealed class MailboxAdapter(string name, IStreamQueueMapper mapper, IGrainFactory grains) : IQueueAdapter
{
    // Making a reference looks at attributes of its interface, which costs more than the call.
    private readonly ConcurrentDictionary<QueueId, IMailboxQueueGrain> _queues = new();

    public string Name => name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new MailboxReceiver(Queue(queueId));

    public Task QueueMessageBatchAsync<T>(
        Orleans.Runtime.StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        Queue(mapper.GetQueueForStream(streamId)).Enqueue(new QueuedEvents(streamId, [.. events.Cast<object>()]));

    private IMailboxQueueGrain Queue(QueueId queueId) =>
        _queues.GetOrAdd(queueId, static (id, grains) => grains.GetGrain<IMailboxQueueGrain>(id.ToString()), grains);
}

/// <summary>Reads one queue grain.</summary>
internal sealed class MailboxReceiver(IMailboxQueueGrain queue) : IQueueAdapterReceiver
{
    // A later reader of the same queue, in another silo, must not seem to be an earlier one.
    private long _last = DateTime.UtcNow.Ticks;

    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        List<QueuedEvents> fetched;
        try
        {
            fetched = await queue.Dequeue(maxCount, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return []; // another silo reads it from now on
        }
        var containers = new IBatchContainer[fetched.Count];
        for (var i = 0; i < containers.Length; i++)
        {
            fetched[i].Token = new EventSequenceTokenV2(++_last);
            containers[i] = fetched[i];
        }
        return containers;
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
}
