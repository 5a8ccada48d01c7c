using Orleans;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansAdapter.Grains;

/// <summary>
/// A queue between those who write mailbox streams and the silo that delivers them. A read waits until there is something, so an idle queue costs nothing
/// and a busy one is read at once. It is bounded: the oldest events are dropped.
/// </summary>
[Alias("OrleansAdapter.IMailboxQueueGrain")]
internal interface IMailboxQueueGrain : IGrainWithStringKey
{
    /// <summary>Adds events.</summary>
    [Alias("Enqueue"), ResponseTimeout("00:00:02")]
    Task Enqueue(QueuedEvents events);

    /// <summary>Takes the oldest events. Waits for the first one, but not for ever. There is one reader: a second one ends the wait of the first.</summary>
    [Alias("Dequeue"), ResponseTimeout("00:00:30")]
    Task<List<QueuedEvents>> Dequeue(int most, CancellationToken cancellationToken);
}

/// <summary>Events that were written to a stream together.</summary>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.QueuedEvents")]
internal sealed class QueuedEvents(StreamId streamId, object[] events) : IBatchContainer
{
    /// <inheritdoc/>
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    /// <summary>The events.</summary>
    [Id(1)]
    public object[] Events { get; } = events;

    /// <summary>Its place among what the reading silo has fetched; null before.</summary>
    [Id(2)]
    public EventSequenceTokenV2? Token { get; set; }

    /// <inheritdoc/>
    public StreamSequenceToken SequenceToken => Token!;

    /// <inheritdoc/>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Events.OfType<T>().Select((item, index) => Tuple.Create<T, StreamSequenceToken>(item, Token!.CreateSequenceTokenForEvent(index)));

    /// <inheritdoc/>
    public bool ImportRequestContext() => false;
}
