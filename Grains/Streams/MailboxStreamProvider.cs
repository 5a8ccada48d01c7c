using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>
/// An Orleans stream provider for mailboxes: an event goes from the grain that writes it straight to the stream's one subscriber, and writing ends when that
/// has taken it. Nothing is queued and nothing is kept. What does not arrive is lost, which the mailboxes' protocol repairs; so it carries nothing else.
/// </summary>
internal sealed class MailboxStreamProvider(string name, IGrainFactory grains, MailboxSubscribers subscribers, ClientEnd? clientEnd) : IStreamProvider
{
    // Orleans has a weak reference to an observer only, so these keep it alive.
    private readonly ConcurrentDictionary<Guid, MailboxHandle> _handles = new();

    public string Name => name;

    public bool IsRewindable => false;

    /// <summary>A provider of that name, for the process that the services are of.</summary>
    public static MailboxStreamProvider Create(IServiceProvider services, string name) =>
        new(name, services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<MailboxSubscribers>(), services.GetService<ClientEnd>());

    public MailboxSubscribers Subscribers => subscribers;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new MailboxStream(this, streamId) as IAsyncStream<T>
        ?? throw new InvalidOperationException(
            $"The stream provider \"{name}\" carries this adapter's mailboxes and no {typeof(T).Name}; add a provider of your own for that.");

    /// <summary>The subscriptions that this process has to a stream.</summary>
    public IEnumerable<MailboxHandle> HandlesOf(StreamId stream) => _handles.Values.Where(handle => handle.StreamId == stream);

    public MailboxHandle Subscribe(StreamId stream, IAsyncObserver<MailboxBatch> observer)
    {
        var receiver = new MailboxReceiver(observer);
        var handle = new MailboxHandle(this, stream, receiver, grains.CreateObjectReference<IMailboxObserver>(receiver));
        _handles[handle.HandleId] = handle;
        clientEnd?.Add(handle.Observer);
        return handle;
    }

    public void Unsubscribe(MailboxHandle handle)
    {
        if (_handles.TryRemove(handle.HandleId, out _) && clientEnd?.Remove(handle.Observer) != false)
        {
            grains.DeleteObjectReference<IMailboxObserver>(handle.Observer);
        }
    }
}

/// <summary>A subscription of this process.</summary>
internal sealed class MailboxHandle(
    MailboxStreamProvider provider, StreamId stream, MailboxReceiver receiver, IMailboxObserver observer) : StreamSubscriptionHandle<MailboxBatch>
{
    public override StreamId StreamId => stream;

    public override string ProviderName => provider.Name;

    public override Guid HandleId { get; } = Guid.NewGuid();

    /// <summary>The reference that events go to, which the stream's writer has to be told of.</summary>
    public IMailboxObserver Observer => observer;

    public override Task UnsubscribeAsync()
    {
        provider.Unsubscribe(this);
        return Task.CompletedTask;
    }

    public override Task<StreamSubscriptionHandle<MailboxBatch>> ResumeAsync(IAsyncObserver<MailboxBatch> observer, StreamSequenceToken? token = null)
    {
        receiver.Observer = observer;
        return Task.FromResult<StreamSubscriptionHandle<MailboxBatch>>(this);
    }

    public override Task<StreamSubscriptionHandle<MailboxBatch>> ResumeAsync(IAsyncBatchObserver<MailboxBatch> observer, StreamSequenceToken? token = null) =>
        throw MailboxStream.NoBatches();

    public override bool Equals(StreamSubscriptionHandle<MailboxBatch>? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => HandleId.GetHashCode();
}

/// <summary>The object behind a subscription's observer reference.</summary>
internal sealed class MailboxReceiver(IAsyncObserver<MailboxBatch> observer) : IMailboxObserver
{
    public IAsyncObserver<MailboxBatch> Observer { get; set; } = observer;

    public async Task<MailboxBatch> Deliver(MailboxBatch batch)
    {
        if (Observer is IAnsweringObserver answering)
        {
            return await answering.ReceiveAsync(batch).ConfigureAwait(false);
        }
        await Observer.OnNextAsync(batch).ConfigureAwait(false);
        return MailboxBatch.Empty;
    }
}

/// <summary>A subscriber that answers events.</summary>
internal interface IAnsweringObserver : IAsyncObserver<MailboxBatch>
{
    /// <summary>Takes an event. The result, which may be empty, goes back to the writer.</summary>
    Task<MailboxBatch> ReceiveAsync(MailboxBatch batch);
}
