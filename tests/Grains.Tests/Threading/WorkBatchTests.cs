using System.Collections.Concurrent;
using OrleansAdapter.Grains.Tests.Contract;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Tests.Threading;

/// <summary>Work that follows from work, and where it runs.</summary>
public sealed class WorkBatchTests
{
    private readonly ConcurrentQueue<(string Name, int Thread)> _ran = new();

    [Fact]
    public async Task Outside_of_a_batch_work_goes_to_the_thread_pool()
    {
        var work = new Work(this, "alone");
        await OnOwnThreadAsync(() => WorkBatch.Schedule(work));
        await work.Ran.InTimeAsync();
        Assert.True(work.WasOnThreadPool);
    }

    [Fact]
    public async Task Within_a_batch_it_waits_for_the_end_and_runs_on_the_same_thread_with_what_follows_from_it()
    {
        var third = new Work(this, "third");
        var second = new Work(this, "second", () => WorkBatch.Schedule(third));
        var first = new Work(this, "first", () => WorkBatch.Schedule(second));
        var thread = 0;
        await OnOwnThreadAsync(() =>
        {
            thread = Environment.CurrentManagedThreadId;
            Assert.True(WorkBatch.TryBegin());
            WorkBatch.Schedule(first);
            Assert.False(WorkBatch.TryBegin());
            Assert.Empty(_ran);
            WorkBatch.End();
            Assert.Equal([("first", thread), ("second", thread), ("third", thread)], _ran);
            Assert.True(WorkBatch.TryBegin());
            WorkBatch.End();
        });
    }

    [Fact]
    public async Task Of_several_pieces_one_runs_here_and_waits_for_none_of_the_others()
    {
        using var others = new CountdownEvent(2);
        var (one, two) = (new Work(this, "one", () => others.Signal()), new Work(this, "two", () => others.Signal()));
        var last = new Work(this, "last", () => Assert.True(others.Wait(TimeSpan.FromSeconds(30)), "The others run on other threads."));
        await OnOwnThreadAsync(() =>
        {
            WorkBatch.TryBegin();
            WorkBatch.Schedule(one);
            WorkBatch.Schedule(two);
            WorkBatch.Schedule(last);
            WorkBatch.End();
        });
        await Task.WhenAll(one.Ran, two.Ran, last.Ran).InTimeAsync();
        Assert.Equal((true, true, false), (one.WasOnThreadPool, two.WasOnThreadPool, last.WasOnThreadPool));
    }

    [Fact]
    public async Task Work_that_goes_on_and_on_is_passed_on_to_the_thread_pool()
    {
        const int rounds = 100;
        var left = rounds;
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Work? work = null;
        work = new Work(this, "again", () =>
        {
            if (--left == 0)
            {
                finished.SetResult();
            }
            else
            {
                WorkBatch.Schedule(work!);
            }
        });
        var here = 0;
        await OnOwnThreadAsync(() =>
        {
            WorkBatch.TryBegin();
            WorkBatch.Schedule(work);
            WorkBatch.End();
            here = _ran.Count(ran => ran.Thread == Environment.CurrentManagedThreadId);
        });
        await finished.Task.InTimeAsync();
        Assert.InRange(here, 1, rounds / 2);
        Assert.Equal(rounds, _ran.Count);
    }

    [Fact]
    public async Task Work_that_throws_ends_the_batch_all_the_same()
    {
        await OnOwnThreadAsync(() =>
        {
            WorkBatch.TryBegin();
            WorkBatch.Schedule(new Work(this, "bad", () => throw new InvalidDataException()));
            Assert.Throws<InvalidDataException>(WorkBatch.End);
            Assert.True(WorkBatch.TryBegin());
            WorkBatch.End();
        });
    }

    [Fact]
    public async Task Turns_that_follow_from_turns_lose_nothing_and_keep_each_queues_order()
    {
        const int count = 20_000;
        var end = new Collector(null, count);
        var middle = new Collector(end, count);
        var begin = new Collector(middle, count);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(part => Task.Run(
            () =>
            {
                for (var i = part; i < count; i += 4)
                {
                    begin.Enqueue(i);
                }
            },
            TestContext.Current.CancellationToken)));
        await Task.WhenAll(begin.Full, middle.Full, end.Full).InTimeAsync();
        Assert.Equal(begin.Items, middle.Items);
        Assert.Equal(begin.Items, end.Items);
        Assert.Equal(Enumerable.Range(0, count), end.Items.Order());
        Assert.Empty(begin.Overlaps);
    }

    /// <summary>Runs something on a thread that is not the pool's.</summary>
    private static async Task OnOwnThreadAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        thread.IsBackground = true;
        thread.Start();
        await done.Task.InTimeAsync();
    }

    private sealed class Work(WorkBatchTests owner, string name, Action? then = null) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _ran = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ran => _ran.Task;

        public bool WasOnThreadPool { get; private set; }

        public void Execute()
        {
            WasOnThreadPool = Thread.CurrentThread.IsThreadPoolThread;
            owner._ran.Enqueue((name, Environment.CurrentManagedThreadId));
            then?.Invoke();
            _ran.TrySetResult();
        }
    }

    /// <summary>Keeps what it gets, and passes it on.</summary>
    private sealed class Collector(Collector? next, int count) : SerialQueue<int>
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _running;

        public List<int> Items { get; } = [];

        public ConcurrentQueue<int> Overlaps { get; } = new();

        public Task Full => _full.Task;

        protected override void Run(int item)
        {
            if (Interlocked.Exchange(ref _running, 1) == 1)
            {
                Overlaps.Enqueue(item);
            }
            Items.Add(item);
            next?.Enqueue(item);
            Volatile.Write(ref _running, 0);
        }

        protected override void EndTurn()
        {
            if (Items.Count == count)
            {
                _full.TrySetResult();
            }
        }

        protected override void Failed(Exception exception) => _full.TrySetException(exception);
    }
}
