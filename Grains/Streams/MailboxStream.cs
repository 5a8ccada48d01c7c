using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>A mailbox stream of <see cref="MailboxStreamProvider"/>.</summary>
internal sealed class MailboxStream(MailboxStreamProvider provider, StreamId id) : IAsyncStream<MailboxBatch>
{
    public bool IsRewindable => false;

    public string ProviderName => provider.Name;

    public StreamId StreamId => id;

    internal static NotSupportedException NoBatches() => new("A mailbox stream has subscribers to single events only.");

    /// <summary>Ends when the subscriber has taken the event, or fails. Where nobody is known to listen, the event is lost.</summary>
    public Task OnNextAsync(MailboxBatch item, StreamSequenceToken? token = null) =>
        provider.Subscribers.Find(id)?.DeliverAsync(item) ?? Task.CompletedTask;

    public async Task OnNextBatchAsync(IEnumerable<MailboxBatch> batch, StreamSequenceToken? token = null)
    {
        foreach (var item in batch)
        {
            await OnNextAsync(item, token);
        }
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public Task OnCompletedAsync() => Task.CompletedTask;

    public Task<StreamSubscriptionHandle<MailboxBatch>> SubscribeAsync(IAsyncObserver<MailboxBatch> observer) =>
        Task.FromResult<StreamSubscriptionHandle<MailboxBatch>>(provider.Subscribe(id, observer));

    public Task<StreamSubscriptionHandle<MailboxBatch>> SubscribeAsync(
        IAsyncObserver<MailboxBatch> observer, StreamSequenceToken? token, string? filterData = null) => SubscribeAsync(observer);

    public Task<StreamSubscriptionHandle<MailboxBatch>> SubscribeAsync(IAsyncBatchObserver<MailboxBatch> observer) => throw NoBatches();

    public Task<StreamSubscriptionHandle<MailboxBatch>> SubscribeAsync(IAsyncBatchObserver<MailboxBatch> observer, StreamSequenceToken? token) =>
        throw NoBatches();

    public Task<IList<StreamSubscriptionHandle<MailboxBatch>>> GetAllSubscriptionHandles() =>
        Task.FromResult<IList<StreamSubscriptionHandle<MailboxBatch>>>([.. provider.HandlesOf(id)]);

    public int CompareTo(IAsyncStream<MailboxBatch>? other) => id.CompareTo(other?.StreamId ?? default);

    public bool Equals(IAsyncStream<MailboxBatch>? other) => other is MailboxStream && other.StreamId == id && other.ProviderName == ProviderName;

    public override bool Equals(object? obj) => Equals(obj as IAsyncStream<MailboxBatch>);

    public override int GetHashCode() => id.GetHashCode();
}
