using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansAdapter.Grains.Testing;

/// <summary>
/// Mailbox streams that lose events and deliver some twice, by a seed that a failing test's output names. The protocol has to make up for it.
/// </summary>
public static class FaultyStreams
{
    private const string Name = "faulty";

    /// <summary>A cluster whose mailboxes are on such streams.</summary>
    /// <param name="silos">How many silos.</param>
    /// <param name="lostOfTen">How many events of ten are lost.</param>
    public static TestSilosOptions Options(int silos = 1, int lostOfTen = 2)
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"The streams' faults come from seed {seed}.");
        return new TestSilosOptions
        {
            Silos = silos,
            Directory = directory => directory.StreamProvider = Name,
            Silo = silo => silo.AddPersistentStreams(Name, (services, name) => new Factory(MailboxAdapterFactory.Create(services, name), seed, lostOfTen), streams =>
            {
                streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
                streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5)));
            }),
            Client = client => client.AddPersistentStreams(Name, MailboxAdapterFactory.Create, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly)),
        };
    }

    private sealed class Factory(IQueueAdapterFactory inner, int seed, int lostOfTen) : IQueueAdapterFactory
    {
        public Task<IQueueAdapter> CreateAdapter() => CreateAdapter(CancellationToken.None);

        public async Task<IQueueAdapter> CreateAdapter(CancellationToken cancellationToken) => new Adapter(await inner.CreateAdapter(cancellationToken), new Random(seed), lostOfTen);

        public IQueueAdapterCache GetQueueAdapterCache() => inner.GetQueueAdapterCache();

        public IStreamQueueMapper GetStreamQueueMapper() => inner.GetStreamQueueMapper();

        public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => inner.GetDeliveryFailureHandler(queueId);
    }

    private sealed class Adapter(IQueueAdapter inner, Random random, int lostOfTen) : IQueueAdapter
    {
        private const int RepeatedOfTen = 2;

        public string Name => inner.Name;

        public bool IsRewindable => inner.IsRewindable;

        public StreamProviderDirection Direction => inner.Direction;

        public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => inner.CreateReceiver(queueId);

        public async Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
        {
            var all = events.ToArray();
            bool lost, repeated;
            lock (random)
            {
                (lost, repeated) = (random.Next(10) < lostOfTen, random.Next(10) < RepeatedOfTen);
            }
            if (!lost)
            {
                await inner.QueueMessageBatchAsync(streamId, all, token, requestContext);
            }
            if (repeated && !lost)
            {
                await inner.QueueMessageBatchAsync(streamId, all, token, requestContext);
            }
        }
    }
}
