using OrleansAdapter.Silo.Primary;

namespace OrleansAdapter.EndToEnd;

public sealed class SilenceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Silence _silence = new(Second);

    [Fact]
    public void It_grows_with_each_round_without_an_answer_and_ends_with_one()
    {
        _silence.Add(Second, answered: false);
        _silence.Add(1.5 * Second, answered: false);
        Assert.Equal(2.5 * Second, _silence.Length);

        _silence.Add(Second, answered: true);
        Assert.Equal(TimeSpan.Zero, _silence.Length);
    }

    /// <summary>A primary that was stopped for a minute has not waited for a minute.</summary>
    [Fact]
    public void A_time_in_which_this_process_did_not_run_is_not_held_against_the_other()
    {
        _silence.Add(60 * Second, answered: false);

        Assert.Equal(Second, _silence.Length);
    }
}
