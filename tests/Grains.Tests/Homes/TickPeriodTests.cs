namespace OrleansAdapter.Grains.Tests.Homes;

public sealed class TickPeriodTests
{
    [Theory]
    [InlineData(500, 50, 250)]
    [InlineData(60_000, 50, 250)]
    [InlineData(100, 50, 50)]
    [InlineData(10, 5, 5)]
    [InlineData(1, 1, 1)]
    public void A_usual_look_is_no_pause(long pauseThreshold, int hold, int leases) => Assert.Equal(
        (TimeSpan.FromMilliseconds(hold), TimeSpan.FromMilliseconds(leases)),
        (TickPeriod.OfHold(pauseThreshold), TickPeriod.OfLeases(pauseThreshold)));
}
