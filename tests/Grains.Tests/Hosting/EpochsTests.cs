namespace OrleansAdapter.Grains.Tests.Hosting;

/// <summary>Epochs grow with the version of the silos' table, whatever the clocks say.</summary>
public sealed class EpochsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(41, 42)]
    [InlineData(524_286, 524_287)]
    public void A_home_after_a_death_has_a_higher_epoch_though_its_clock_is_behind(long before, long after)
    {
        var old = new Epochs(() => before, new Clock(Now.AddMinutes(10))).Next();
        var next = new Epochs(() => after, new Clock(Now.AddMinutes(-10))).Next();

        Assert.True(next > old, $"{next} follows {old}.");
    }

    [Fact]
    public void Deaths_with_clocks_that_jump_both_ways_only_raise_epochs()
    {
        var last = 0L;
        for (var version = 1; version <= 1_000; version++)
        {
            var clock = new Clock(Now.AddMinutes(version % 2 == 0 ? 10 : -10));
            var next = new Epochs(() => version, clock).Next();
            Assert.True(next > last, $"{next} follows {last} at version {version}.");
            last = next;
        }
    }

    [Fact]
    public void Within_a_version_the_clock_raises_epochs()
    {
        var old = new Epochs(() => 7, new Clock(Now)).Next();
        var next = new Epochs(() => 7, new Clock(Now.AddSeconds(1))).Next();

        Assert.True(next > old, $"{next} follows {old}.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void In_one_process_each_is_higher_than_the_last_though_the_clock_goes_back(bool shared)
    {
        var clock = new Clock(Now);
        var epochs = new Epochs(shared ? () => 7 : null, clock);
        var last = epochs.Next();
        for (var i = 0; i < 100; i++)
        {
            clock.Now = clock.Now.AddMinutes(-1);
            var next = epochs.Next();
            Assert.True(next > last, $"{next} follows {last}.");
            last = next;
        }
    }

    [Theory]
    [InlineData(-1, 1900)]
    [InlineData(long.MaxValue, 9999)]
    public void Whatever_the_table_and_the_clock_say_an_epoch_is_positive_and_leaves_room_for_more(long version, int year)
    {
        var epoch = new Epochs(() => version, new Clock(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero))).Next();

        Assert.InRange(epoch, 0, 1L << 62);
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
