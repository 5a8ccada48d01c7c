using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Tests.Threading;

/// <summary>A turn that takes over a second is told of once, with what took most of it.</summary>
public sealed class TurnWatchTests
{
    private readonly List<string> _told = [];
    private readonly TurnWatch _watch;

    private long _now;

    public TurnWatchTests() => _watch = new TurnWatch((took, what, count) => _told.Add($"{took} ms, {what} of {count}"), () => _now);

    [Fact]
    public void Short_turns_are_nothing_to_tell_of_however_many_there_are()
    {
        for (var now = 0L; now < 10_000; now += TurnWatch.Limit - 1)
        {
            Next("a", now);
            Next("b", now);
            Look(now + TurnWatch.Limit - 1);
            End(now + TurnWatch.Limit - 1);
            Look(now + (5 * TurnWatch.Limit));
        }
        Assert.Empty(_told);
    }

    [Fact]
    public void A_long_turn_is_told_of_at_its_end_with_what_took_most_of_it()
    {
        Next("short", 0);
        Next("long", 100);
        Next("shorter", 1_000);
        End(1_500);
        Assert.Equal(["1500 ms, long of 3"], _told);
    }

    [Fact]
    public void A_turn_that_does_not_end_is_told_of_while_it_lasts_and_not_again()
    {
        Next("a", 5_000);
        Next("endless", 5_010);
        Look(5_999);
        Assert.Empty(_told);
        Look(6_000);
        Look(9_000);
        End(10_000);
        Assert.Equal(["1000 ms, endless of 2"], _told);
    }

    [Fact]
    public void Each_long_turn_is_told_of()
    {
        foreach (var now in new long[] { 0, 2_000 })
        {
            Next($"at {now}", now);
            End(now + 1_001);
        }
        Assert.Equal(["1001 ms, at 0 of 1", "1001 ms, at 2000 of 1"], _told);
    }

    [Fact]
    public void A_turn_without_anything_to_do_is_none()
    {
        End(5_000);
        Look(10_000);
        Assert.Empty(_told);
    }

    private void Next(string what, long now)
    {
        _now = now;
        _watch.Next(what);
    }

    private void Look(long now)
    {
        _now = now;
        _watch.Look();
    }

    private void End(long now)
    {
        _now = now;
        _watch.End();
    }
}
