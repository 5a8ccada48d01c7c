using OrleansAdapter.Draining;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Tests;

/// <summary>At which rate clients are asked to move.</summary>
public sealed class MoverTests
{
    [Theory]
    [InlineData(0, 500, 30, 500)]
    [InlineData(12_000, 500, 30, 500)]
    [InlineData(48_000, 500, 30, 2_000)]
    [InlineData(10, 1, 0.001, 12_500)]
    public void All_have_been_asked_when_four_fifths_of_the_time_are_over(int clients, int rate, double seconds, int expected) =>
        Assert.Equal(expected, Mover.RateFor(clients, rate, TimeSpan.FromSeconds(seconds)));

    [Fact]
    public async Task Clients_are_asked_no_faster_than_the_rate_and_those_that_are_busy_when_they_are_done_or_patience_is_over()
    {
        var state = new DrainState();
        var front = new Front([.. Enumerable.Range(0, 30).Select(_ => new Client())]);
        state.Add(front);
        front.All[0].IsBusy = true;
        var began = TimeProvider.System.GetTimestamp();

        await new Mover(state, rate: 100, TimeSpan.FromMilliseconds(500), TimeProvider.System).MoveAsync(CancellationToken.None).InTimeAsync();

        // A slow machine makes it later, never sooner.
        Assert.All(front.All, client => Assert.True(client.Moved > 0));
        Assert.True(TimeProvider.System.GetElapsedTime(began, front.All.Max(client => client.Moved)) >= TimeSpan.FromMilliseconds(280));
        Assert.True(TimeProvider.System.GetElapsedTime(began, front.All[0].Moved) >= TimeSpan.FromMilliseconds(490));
    }

    private sealed class Front(Client[] clients) : IDrainedFront
    {
        public Client[] All => clients;

        public int Count => clients.Count(client => client.IsHere);

        public IEnumerable<IDrainedClient> Clients => clients;
    }

    private sealed class Client : IDrainedClient
    {
        public long Moved { get; private set; }

        public bool IsHere => Moved == 0;

        public bool IsBusy { get; set; }

        public ClientKind? Kind => null;

        public void Move() => Moved = TimeProvider.System.GetTimestamp();

        public void Cut() => Move();
    }
}
