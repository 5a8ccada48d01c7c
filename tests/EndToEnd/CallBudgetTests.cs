using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.WebWorker.Page;

namespace OrleansAdapter.EndToEnd;

/// <summary>How much one client of the page may ask for.</summary>
public sealed class CallBudgetTests
{
    [Fact]
    public void Some_calls_go_at_once_and_then_so_many_in_a_second()
    {
        var time = new Clock();
        var budget = new CallBudget(time);

        Assert.Equal(30, TakeAll(budget));
        time.Now += TimeSpan.TicksPerSecond;
        Assert.Equal(10, TakeAll(budget));
        time.Now += TimeSpan.TicksPerHour;
        Assert.Equal(30, TakeAll(budget));
    }

    private static int TakeAll(CallBudget budget)
    {
        for (var taken = 0; taken < 1_000; taken++)
        {
            if (Record.Exception(budget.Take) is HubException)
            {
                return taken;
            }
        }
        throw new InvalidOperationException("It is not bounded.");
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
