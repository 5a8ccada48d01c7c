using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Tests.Threading;

/// <summary>A turn that takes over a second is told of once, with what took most of it.</summary>
public sealed class TurnWatchTests
{
    private readonly List<string> _told = [];
    private readonly TurnWatch _watch;

    public TurnWatchTests() => _watch = new TurnWatch((took, what, count) => _told.Add($"{took} ms, {what} of {count}"));

    [Fact]
    public void Short_turns_are_nothing_to_tell_of_however_many_there_are()
    {
        for (var now = 0L; now < 10_000; now += TurnWatch.Limit - 1)
        {
            _watch.Next("a", now);
            _watch.Next("b", now);
            _watch.Look(now + TurnWatch.Limit - 1);
            _watch.End(now + TurnWatch.Limit - 1);
            _watch.Look(now + (5 * TurnWatch.Limit));
        }
        Assert.Empty(_told);
    }

    [Fact]
    public void A_long_turn_is_told_of_at_its_end_with_what_took_most_of_it()
    {
        _watch.Next("short", 0);
        _watch.Next("long", 100);
        _watch.Next("shorter", 1_000);
        _watch.End(1_500);
        Assert.Equal(["1500 ms, long of 3"], _told);
    }

    [Fact]
    public void A_turn_that_does_not_end_is_told_of_while_it_lasts_and_not_again()
    {
        _watch.Next("a", 5_000);
        _watch.Next("endless", 5_010);
        _watch.Look(5_999);
        Assert.Empty(_told);
        _watch.Look(6_000);
        _watch.Look(9_000);
        _watch.End(10_000);
        Assert.Equal(["1000 ms, endless of 2"], _told);
    }

    [Fact]
    public void Each_long_turn_is_told_of()
    {
        foreach (var now in new long[] { 0, 2_000 })
        {
            _watch.Next($"at {now}", now);
            _watch.End(now + 1_001);
        }
        Assert.Equal(["1001 ms, at 0 of 1", "1001 ms, at 2000 of 1"], _told);
    }

    [Fact]
    public void A_turn_without_anything_to_do_is_none()
    {
        _watch.End(5_000);
        _watch.Look(10_000);
        Assert.Empty(_told);
    }
}
