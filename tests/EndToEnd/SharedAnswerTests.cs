using OrleansAdapter.WebWorker.Page;

namespace OrleansAdapter.EndToEnd;

/// <summary>One question, asked for many at a time.</summary>
public sealed class SharedAnswerTests : IDisposable
{
    private readonly List<TaskCompletionSource<int>> _asked = [];
    private readonly SemaphoreSlim _askings = new(0);
    private readonly SharedAnswer<int> _answer;

    public SharedAnswerTests() => _answer = new SharedAnswer<int>(() =>
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
        {
            _asked.Add(answer);
        }
        _askings.Release();
        return answer.Task;
    });

    public void Dispose() => _askings.Dispose();

    [Fact(Timeout = 30_000)]
    public async Task Who_asks_meanwhile_gets_the_next_answer_and_all_of_them_the_same()
    {
        var first = _answer.AskAsync();
        await _askings.WaitAsync(TestContext.Current.CancellationToken);
        Task<int>[] others = [_answer.AskAsync(), _answer.AskAsync()];
        Assert.Single(_asked);

        _asked[0].SetResult(1);
        Assert.Equal(1, await first);
        await _askings.WaitAsync(TestContext.Current.CancellationToken);
        var third = _answer.AskAsync();
        _asked[1].SetResult(2);

        Assert.All(await Task.WhenAll(others), answer => Assert.Equal(2, answer));
        await _askings.WaitAsync(TestContext.Current.CancellationToken);
        _asked[2].SetResult(3);
        Assert.Equal(3, await third);
        Assert.Equal(3, _asked.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failure_is_told_to_those_who_asked_and_the_next_are_not_concerned()
    {
        var first = _answer.AskAsync();
        await _askings.WaitAsync(TestContext.Current.CancellationToken);
        var second = _answer.AskAsync();

        _asked[0].SetException(new InvalidOperationException("no"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await _askings.WaitAsync(TestContext.Current.CancellationToken);
        _asked[1].SetResult(2);
        Assert.Equal(2, await second);
    }
}
