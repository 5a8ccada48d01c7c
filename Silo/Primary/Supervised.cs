using System.Diagnostics;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// Keeps one process running: starts it, starts it again when it dies, and replaces it without a gap when asked to, until it is told to stop.
/// </summary>
internal sealed class Supervised(ChildPlan plan, Output output)
{
    /// <summary>How often a process may die before it was ready for the first time; more attempts would not help.</summary>
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

    /// <summary>What is printed behind its name when it is ready.</summary>
    public string About => plan.About;

    /// <summary>Its running processes: one; two while it is replaced, the new one first; none between a death and the next start.</summary>
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

    /// <summary>Keeps it running until it is told to stop.</summary>
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

    /// <summary>Starts a new process and, when that is ready, has the old one leave. Returns when the old one has ended.</summary>
    /// <returns>Whether the new one became ready. If not, the old one goes on, and a warning says why.</returns>
    public async Task<bool> ReplaceAsync(Stop stop)
    {
        if (TryStart(isRestart: false) is not { } next)
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
            if (TryStart(isRestart: attempt > 1) is not { } child)
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

    /// <summary>Waits until the current process has ended or is of no use any more, or it is time to stop. From then on it cannot be replaced.</summary>
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

    private void SayReady(Incarnation child) => output.Say($"{Name}  pid {child.Id}  {plan.About}".TrimEnd());

    /// <summary>Starts the process. A failure is fatal only if it could never be started before.</summary>
    private Incarnation? TryStart(bool isRestart)
    {
        var launch = plan.Launch(isRestart);
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

    /// <summary>Puts the new process in the place of the current one, which leaves then. False if there is none, or if it is time to stop.</summary>
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
