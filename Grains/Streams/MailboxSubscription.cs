using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>This process's subscription to a mailbox stream, one stream at a time. Safe for concurrent use.</summary>
/// <param name="provider">The provider of the streams.</param>
/// <param name="clientEnd">Lets the process end where it is an Orleans client; null where it is a silo.</param>
/// <param name="received">Takes an event.</param>
/// <param name="answered">Takes an event and answers it, where the provider carries answers; null where there is nothing to answer.</param>
internal sealed class MailboxSubscription(
    IStreamProvider provider,
    ClientEnd? clientEnd,
    Action<MailboxBatch> received,
    Func<MailboxBatch, Task<MailboxBatch>>? answered = null) : IAnsweringObserver, IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile StreamSubscriptionHandle<MailboxBatch>? _handle;
    private StreamId _stream;

    /// <summary>
    /// The observer that the stream's writer must be told of; null before the first subscription, and where the provider keeps subscriptions itself.
    /// </summary>
    public IMailboxObserver? Observer => (_handle as MailboxHandle)?.Observer;

    /// <summary>
    /// Subscribes to the stream, and ends the subscription to any other. Called again, it looks whether the subscription still exists: where the provider
    /// keeps subscriptions in the cluster, one that was restarted, or lost the silo that knew it, has none.
    /// </summary>
    public async Task EnsureAsync(StreamId id)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await EnsureCoreAsync(id).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the subscription, if the cluster can be reached.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        if (_handle is { } handle)
        {
            _handle = null;
            await TryUnsubscribeAsync(handle).ConfigureAwait(false);
        }
        _turn.Dispose();
    }

    Task<MailboxBatch> IAnsweringObserver.ReceiveAsync(MailboxBatch batch)
    {
        if (answered is not null)
        {
            return answered(batch);
        }
        received(batch);
        return MailboxBatch.None;
    }

    Task IAsyncObserver<MailboxBatch>.OnNextAsync(MailboxBatch item, StreamSequenceToken? token)
    {
        received(item);
        return Task.CompletedTask;
    }

    Task IAsyncObserver<MailboxBatch>.OnErrorAsync(Exception ex) => Task.CompletedTask;

    Task IAsyncObserver<MailboxBatch>.OnCompletedAsync() => Task.CompletedTask;

    private async Task EnsureCoreAsync(StreamId id)
    {
        var stream = provider.GetStream<MailboxBatch>(id);
        if (_handle is { } old && _stream != id)
        {
            _handle = null;
            await TryUnsubscribeAsync(old).ConfigureAwait(false);
        }
        if (_handle is not { } known || !await IsKnownAsync(stream, known).ConfigureAwait(false))
        {
            _stream = id;
            _handle = await stream.SubscribeAsync(this).ConfigureAwait(false);
        }
        if (clientEnd is not null && _handle is not MailboxHandle)
        {
            await clientEnd.SubscribedAsync(provider.Name, id, _handle.HandleId).ConfigureAwait(false);
        }
    }

    private static async Task<bool> IsKnownAsync(IAsyncStream<MailboxBatch> stream, StreamSubscriptionHandle<MailboxBatch> handle) =>
        (await stream.GetAllSubscriptionHandles().ConfigureAwait(false)).Any(known => known.HandleId == handle.HandleId);

    private static async Task TryUnsubscribeAsync(StreamSubscriptionHandle<MailboxBatch> handle)
    {
        try
        {
            await handle.UnsubscribeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The home removes it when it removes the life.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
