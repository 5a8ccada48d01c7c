using OrleansAdapter.Silo.Primary;

namespace OrleansAdapter.EndToEnd;

public sealed class BackoffTests
{
    [Fact]
    public void What_dies_again_and_again_waits_longer_each_time_up_to_5_seconds()
    {
        var backoff = new Backoff();

        var pauses = Enumerable.Range(0, 10).Select(_ => backoff.After(TimeSpan.FromSeconds(1)).TotalSeconds);

        Assert.Equal([0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5], pauses);
    }

    [Fact]
    public void What_lived_for_10_seconds_is_started_again_at_once()
    {
        var backoff = new Backoff();
        backoff.After(TimeSpan.Zero);
        backoff.After(TimeSpan.Zero);

        Assert.Equal(TimeSpan.Zero, backoff.After(TimeSpan.FromSeconds(10)));
        Assert.Equal(TimeSpan.FromSeconds(0.1), backoff.After(TimeSpan.Zero));
    }
}
