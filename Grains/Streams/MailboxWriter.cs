using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>
/// Writes one mailbox stream, one event at a time; messages that pile up meanwhile form the next event. <see cref="Add"/> and <see cref="Flush"/> return at
/// once; what cannot be written is dropped, and the protocol repairs it. All calls come from one grain.
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="subscribers">The subscribers of the streams that grains of this silo write.</param>
/// <param name="answered">Takes the subscriber's answers.</param>
/// <param name="failed">Takes what writing throws.</param>
internal sealed class MailboxWriter(IAsyncStream<MailboxBatch> stream, MailboxSubscribers subscribers, Action<MailboxBatch> answered, Action<Exception> failed)
{
    /// <summary>With more bytes waiting than this, all that waits is dropped: the reader is not there, and can ask for it.</summary>
    private const int Limit = 8 << 20;

    private readonly List<byte[]> _waiting = [];
    private long _bytes;
    private Task? _drain;
    private MailboxSubscriber? _subscriber;

    /// <summary>Events go to this observer from now on.</summary>
    public void Attach(IMailboxObserver observer)
    {
        if (!observer.Equals(_subscriber?.Observer))
        {
            _subscriber = new MailboxSubscriber(observer, answered);
            subscribers.Add(stream.StreamId, _subscriber);
        }
    }

    /// <summary>Events go nowhere from now on, because the stream ends, or its writer does.</summary>
    public void Detach()
    {
        if (_subscriber is { } subscriber)
        {
            _subscriber = null;
            subscribers.Remove(stream.StreamId, subscriber);
        }
    }

    /// <summary>Adds a message; it goes out with the next <see cref="Flush"/>.</summary>
    public void Add(byte[] message)
    {
        if (_bytes > Limit)
        {
            _waiting.Clear();
            _bytes = 0;
        }
        _waiting.Add(message);
        _bytes += message.Length;
    }

    /// <summary>Sends what waits, when the write in flight has ended.</summary>
    public Task Flush()
    {
        if (_drain is null or { IsCompleted: true })
        {
            _drain = _waiting.Count == 0 ? Task.CompletedTask : DrainAsync();
        }
        return _drain;
    }

    private async Task DrainAsync()
    {
        while (_waiting.Count > 0)
        {
            var batch = new MailboxBatch([.. _waiting]);
            _waiting.Clear();
            _bytes = 0;
            try
            {
                await stream.OnNextAsync(batch);
            }
#pragma warning disable CA1031 // Whatever a stream provider throws, the batch is lost, which the protocol allows for.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failed(exception);
            }
        }
    }
}
