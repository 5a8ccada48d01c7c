namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>How long a test waits for what must come. Only a failing test ever waits that long.</summary>
internal static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How long something is waited for before it is sent again: messages may be lost, and the protocol sends again.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits no longer than <see cref="Limit"/>.</summary>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    /// <summary>Waits no longer than <see cref="Limit"/>.</summary>
    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    /// <summary>Repeats a question until its answer is the right one.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> right, string what)
    {
        var deadline = DateTime.UtcNow + Limit;
        while (true)
        {
            var answer = await ask();
            if (right(answer))
            {
                return answer;
            }
            Assert.True(DateTime.UtcNow < deadline, $"{what}: still {answer}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
