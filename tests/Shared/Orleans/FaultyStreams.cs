using Microsoft.Extensions.DependencyInjection;
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
            Silo = silo => silo.Services.AddKeyedSingleton<IStreamProvider>(
                Name, (services, _) => new Provider(MailboxStreamProvider.Create(services, Name), new Random(seed), lostOfTen)),
            Client = client => client.Services.AddKeyedSingleton<IStreamProvider>(Name, (services, _) => MailboxStreamProvider.Create(services, Name)),
        };
    }

    private sealed class Provider(MailboxStreamProvider inner, Random random, int lostOfTen) : IStreamProvider
    {
        public string Name => inner.Name;

        public bool IsRewindable => inner.IsRewindable;

        public IAsyncStream<T> GetStream<T>(StreamId streamId) => new FaultyStream<T>(inner.GetStream<T>(streamId), random, lostOfTen);
    }

    private sealed class FaultyStream<T>(IAsyncStream<T> inner, Random random, int lostOfTen) : IAsyncStream<T>
    {
        private const int RepeatedOfTen = 2;

        public bool IsRewindable => inner.IsRewindable;

        public string ProviderName => inner.ProviderName;

        public StreamId StreamId => inner.StreamId;

        public async Task OnNextAsync(T item, StreamSequenceToken? token = null)
        {
            bool lost, repeated;
            lock (random)
            {
                (lost, repeated) = (random.Next(10) < lostOfTen, random.Next(10) < RepeatedOfTen);
            }
            if (!lost)
            {
                await inner.OnNextAsync(item, token);
            }
            if (repeated && !lost)
            {
                await inner.OnNextAsync(item, token);
            }
        }

        public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null) => inner.OnNextBatchAsync(batch, token);

        public Task OnErrorAsync(Exception ex) => inner.OnErrorAsync(ex);

        public Task OnCompletedAsync() => inner.OnCompletedAsync();

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => inner.SubscribeAsync(observer);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null) =>
            inner.SubscribeAsync(observer, token, filterData);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer) => inner.SubscribeAsync(observer);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token) =>
            inner.SubscribeAsync(observer, token);

        public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles() => inner.GetAllSubscriptionHandles();

        public int CompareTo(IAsyncStream<T>? other) => inner.CompareTo(other);

        public bool Equals(IAsyncStream<T>? other) => inner.Equals(other);

        public override bool Equals(object? obj) => obj is IAsyncStream<T> other && inner.Equals(other);

        public override int GetHashCode() => inner.GetHashCode();
    }
}
