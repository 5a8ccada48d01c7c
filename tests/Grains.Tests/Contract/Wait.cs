using System.Diagnostics;

namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>How long a test waits for what must come. Only a failing test ever waits that long.</summary>
internal static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>How long something is waited for before it is sent again: messages may be lost, and the protocol sends again.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits no longer than <see cref="Limit"/>.</summary>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    /// <summary>Waits no longer than <see cref="Limit"/>.</summary>
    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    /// <summary>Repeats a question until its answer is the right one.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> right, string what)
    {
        var wait = new Deadline(what);
        while (true)
        {
            var answer = await ask();
            if (right(answer))
            {
                return answer;
            }
            wait.Check($"still {answer}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The end of <see cref="Limit"/> for something that is asked for again and again.</summary>
    /// <param name="what">What the error says.</param>
    internal sealed class Deadline(string what)
    {
        private readonly long _began = Stopwatch.GetTimestamp();

        /// <summary>Fails the test when the time is over.</summary>
        public void Check(string? now = null) =>
            Assert.True(Stopwatch.GetElapsedTime(_began) < Limit, $"{what} after {Limit.TotalSeconds} s{(now is null ? "" : $": {now}")}");
    }
}
