using System.Collections.Concurrent;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>The subscribers of the mailbox streams that grains of this silo write. Each grain adds those it has learned of, and removes them again.</summary>
internal sealed class MailboxSubscribers
{
    private readonly ConcurrentDictionary<StreamId, MailboxSubscriber> _known = new();

    public void Add(StreamId stream, MailboxSubscriber subscriber) => _known[stream] = subscriber;

    /// <summary>Removes this subscriber, and none that was added since.</summary>
    public void Remove(StreamId stream, MailboxSubscriber subscriber) => _known.TryRemove(new(stream, subscriber));

    public MailboxSubscriber? Find(StreamId stream) => _known.GetValueOrDefault(stream);
}

/// <summary>The one subscriber of a stream.</summary>
/// <param name="observer">Where events go.</param>
/// <param name="answered">Takes the subscriber's answer to an event, in the context of the grain that wrote it.</param>
internal sealed class MailboxSubscriber(IMailboxObserver observer, Action<MailboxBatch> answered)
{
    public IMailboxObserver Observer { get; } = observer;

    public async Task DeliverAsync(MailboxBatch batch)
    {
        var answer = await Observer.Deliver(batch);
        if (answer.Messages.Length > 0)
        {
            answered(answer);
        }
    }
}
