using System.Diagnostics;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Keeps one process running: starts it, and again when it dies, until it is told to stop; and puts another in its place without a gap.</summary>
internal sealed class Supervised(ChildPlan plan, Output output)
{
    /// <summary>What dies so often before it was ready for the first time will not do better.</summary>
    private const int Attempts = 3;

    private readonly Backoff _backoff = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Incarnation? _current;
    private bool _stopped;

    /// <summary>Its name.</summary>
    public string Name => plan.Name;

    /// <summary>Completes when it was ready for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>How often it was started again because it had died.</summary>
    public int Restarts { get; private set; }

    /// <summary>The process that runs now, if there is one.</summary>
    public Incarnation? Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Runs it, until it is told to stop.</summary>
    /// <exception cref="PrimaryException">It cannot be started.</exception>
    public async Task RunAsync(Stop stop)
    {
        try
        {
            await KeepRunningAsync(stop);
        }
        finally
        {
            Set(null, stopped: true);
        }
    }

    /// <summary>Starts another process, and when that is ready has the one leave that runs now. Returns when that has ended.</summary>
    /// <returns>Whether there is another now; else all is as it was, and people were told why.</returns>
    public async Task<bool> ReplaceAsync(Stop stop)
    {
        if (TryStart() is not { } next)
        {
            return false;
        }
        if (!await next.BecomesReadyAsync(stop.Token) || !TrySwap(next, out var old))
        {
            if (!stop.Token.IsCancellationRequested)
            {
                output.Warn($"{Name}  pid {next.Id}  {next.Trouble ?? "is not needed any more"}; the one that runs stays");
            }
            await next.EndAsync(TimeSpan.Zero, stop);
            next.Launch.Ended();
            next.Dispose();
            return false;
        }
        SayReady(next);
        if (old is not null)
        {
            await LeaveAsync(old, stop);
            old.Launch.Ended();
            old.Dispose();
        }
        return true;
    }

    private async Task KeepRunningAsync(Stop stop)
    {
        for (var attempt = 1; !stop.Token.IsCancellationRequested; attempt++)
        {
            if (TryStart() is not { } child)
            {
                await Stop.AnyAsync(stop.Token, Task.Delay(_backoff.After(TimeSpan.Zero), CancellationToken.None));
                continue;
            }
            Set(child);
            if (await child.BecomesReadyAsync(stop.Token))
            {
                SayReady(child);
                _ready.TrySetResult();
                child = await WatchAsync(child, stop.Token);
            }
            if (stop.Token.IsCancellationRequested && !child.Ended.IsCompleted)
            {
                await LeaveAsync(child, stop);
                child.Dispose();
                return;
            }
            await child.EndNowAsync();
            Set(null);
            child.Launch.Ended();
            var trouble = child.Trouble;
            var id = child.Id;
            var pause = _backoff.After(child.Lived);
            child.Dispose();
            if (stop.Token.IsCancellationRequested)
            {
                return;
            }
            if (attempt == Attempts && !_ready.Task.IsCompleted)
            {
                throw new PrimaryException($"{Name} {trouble}, {Attempts} times before it was ready: giving up");
            }
            output.Warn($"{Name}  pid {id}  {trouble}; it is started again{(pause > TimeSpan.Zero ? $" in {pause.TotalSeconds:0.0} s" : "")}");
            Restarts++;
            await Stop.AnyAsync(stop.Token, Task.Delay(pause, CancellationToken.None));
        }
    }

    /// <summary>Waits until the process has ended, or can go on no more, or it is time to stop; returns the one that runs then, which may be another.</summary>
    private async Task<Incarnation> WatchAsync(Incarnation child, CancellationToken stopping)
    {
        while (true)
        {
            Task replaced;
            lock (_lock)
            {
                child = _current!;
                replaced = _replaced.Task;
            }
            if (await Stop.AnyAsync(stopping, child.Ended, child.Launch.Lost, replaced) != replaced)
            {
                return Current!;
            }
        }
    }

    private Task LeaveAsync(Incarnation child, Stop stop)
    {
        child.Launch.Leaving();
        return child.EndAsync(plan.Drain, stop);
    }

    private void SayReady(Incarnation child) => output.Say($"{Name}  pid {child.Id}  {plan.About}");

    /// <summary>Starts the process. What could be started before may be so again; what never could is an error.</summary>
    private Incarnation? TryStart()
    {
        var launch = plan.Launch();
        try
        {
            return new Incarnation(ChildProcess.Start(Name, launch.Process, output), launch, Stopwatch.GetTimestamp());
        }
        catch (PrimaryException exception) when (_ready.Task.IsCompleted)
        {
            launch.Ended();
            output.Warn($"{exception.Message}; trying again");
            return null;
        }
    }

    private void Set(Incarnation? current, bool stopped = false)
    {
        lock (_lock)
        {
            _current = current;
            _stopped |= stopped;
        }
    }

    private bool TrySwap(Incarnation next, out Incarnation? old)
    {
        TaskCompletionSource replaced;
        lock (_lock)
        {
            old = _current;
            if (_stopped || old is null)
            {
                return false;
            }
            _current = next;
            (replaced, _replaced) = (_replaced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        replaced.SetResult();
        return true;
    }
}
