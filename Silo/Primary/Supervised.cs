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

    // What runs: the one that is started because none is there, the one that is there, the one that will replace it, and the one that was replaced.
    private Incarnation? _starting;
    private Incarnation? _current;
    private Incarnation? _next;
    private Incarnation? _leaving;
    private bool _stopped;

    /// <summary>Its name.</summary>
    public string Name => plan.Name;

    /// <summary>Completes when it was ready for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>How often it was started again because it had died.</summary>
    public int Restarts { get; private set; }

    /// <summary>Where it can be reached.</summary>
    public string About => plan.About;

    /// <summary>The processes of it that run now: one; two while it is replaced, the new one first; none in between.</summary>
    public IReadOnlyList<Incarnation> Running
    {
        get
        {
            lock (_lock)
            {
                return [.. new[] { _starting, _next, _current, _leaving }.OfType<Incarnation>()];
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
            Set(() => (_starting, _current, _stopped) = (null, null, true));
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
        Set(() => _next = next);
        var ready = await next.BecomesReadyAsync(stop.Token);
        var swapped = TrySwap(next, ready);
        if (swapped)
        {
            SayReady(next);
        }
        else if (!ready && !stop.Token.IsCancellationRequested)
        {
            output.Warn($"{Name}  pid {next.Id}  {next.Trouble}; the one that runs stays");
        }
        var superfluous = swapped ? _leaving! : next;
        superfluous.Launch.Leaving();
        await superfluous.EndAsync(swapped ? plan.Drain : TimeSpan.Zero, stop);
        Set(() => (_next, _leaving) = (null, null));
        superfluous.Launch.Ended();
        superfluous.Dispose();

        // Where the one that ran has died meanwhile, the one that is started for it will be as new.
        return ready;
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
            Set(() => _starting = child);
            var ready = await child.BecomesReadyAsync(stop.Token);
            if (ready)
            {
                SayReady(child);
                Set(() => (_starting, _current) = (null, child));
                _ready.TrySetResult();
                child = await WatchAsync(stop.Token);
            }
            if (stop.Token.IsCancellationRequested)
            {
                child.Launch.Leaving();
                await child.EndAsync(ready ? plan.Drain : TimeSpan.Zero, stop);
                if (ready && !stop.Force.IsCancellationRequested && child.BadEnd is { } bad)
                {
                    output.Warn($"{Name}  pid {child.Id}  was told to end, and {bad}");
                }
                child.Dispose();
                return;
            }
            await child.EndNowAsync();
            Set(() => _starting = null);
            child.Launch.Ended();
            var pause = _backoff.After(child.Lived);
            if (attempt == Attempts && !_ready.Task.IsCompleted)
            {
                throw new PrimaryException($"{Name} {child.Trouble}, {Attempts} times before it was ready: giving up");
            }
            output.Warn($"{Name}  pid {child.Id}  {child.Trouble}; it is started again{(pause > TimeSpan.Zero ? $" in {pause.TotalSeconds:0.0} s" : "")}");
            child.Dispose();
            Restarts++;
            await Stop.AnyAsync(stop.Token, Task.Delay(pause, CancellationToken.None));
        }
    }

    /// <summary>Waits until the process that is there has ended, or can go on no more, or it is time to stop. Returns it; from then on none is there to be replaced.</summary>
    private async Task<Incarnation> WatchAsync(CancellationToken stopping)
    {
        while (true)
        {
            Incarnation current;
            Task replaced;
            lock (_lock)
            {
                (current, replaced) = (_current!, _replaced.Task);
            }
            await Stop.AnyAsync(stopping, current.Ended, current.Launch.Lost, replaced);
            lock (_lock)
            {
                if (_current == current)
                {
                    (_starting, _current) = (current, null);
                    return current;
                }
            }
        }
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

    private void Set(Action change)
    {
        lock (_lock)
        {
            change();
        }
    }

    /// <summary>Puts another in the place of the one that is there, which leaves then. False where none is, or it is time to stop.</summary>
    private bool TrySwap(Incarnation next, bool ready)
    {
        TaskCompletionSource replaced;
        lock (_lock)
        {
            if (!ready || _stopped || _current is null)
            {
                return false;
            }
            (_leaving, _current, _next) = (_current, next, null);
            (replaced, _replaced) = (_replaced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        replaced.SetResult();
        return true;
    }
}
