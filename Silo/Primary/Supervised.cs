using System.Diagnostics;
using OrleansAdapter.Grains.Supervision;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Keeps one process running: starts it, and again when it dies, until it is told to stop.</summary>
internal sealed class Supervised(ChildPlan plan, Output output)
{
    /// <summary>What dies so often before it was ready for the first time will not do better.</summary>
    private const int Attempts = 3;

    /// <summary>A child ends itself a little sooner.</summary>
    private static readonly TimeSpan EndLimit = SupervisionContract.EndLimit + TimeSpan.FromSeconds(1);

    private readonly Backoff _backoff = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it was ready for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs it.</summary>
    /// <param name="stopping">Ends the process, and then this. It has some seconds to end by itself.</param>
    /// <param name="force">Cuts that time short.</param>
    /// <exception cref="PrimaryException">It cannot be started.</exception>
    public async Task RunAsync(CancellationToken stopping, CancellationToken force)
    {
        for (var attempt = 1; !stopping.IsCancellationRequested; attempt++)
        {
            using var child = TryStart();
            if (child is null)
            {
                await AnyAsync(stopping, Task.Delay(_backoff.After(TimeSpan.Zero), CancellationToken.None));
                continue;
            }
            var started = Stopwatch.GetTimestamp();
            if (await AnyAsync(stopping, child.Ready, child.Ended) == child.Ready)
            {
                output.Say($"{plan.Name}  pid {child.Id}  {plan.About}");
                _ready.TrySetResult();
                await AnyAsync(stopping, child.Ended);
            }
            if (!child.Ended.IsCompleted)
            {
                await child.EndAsync(EndLimit, force);
                return;
            }
            plan.Ended();
            var pause = _backoff.After(Stopwatch.GetElapsedTime(started));
            await child.LastWordsAsync();
            if (stopping.IsCancellationRequested)
            {
                return;
            }
            if (attempt == Attempts && !_ready.Task.IsCompleted)
            {
                throw new PrimaryException($"{plan.Name} {child.Ending}, {Attempts} times before it was ready: giving up");
            }
            output.Warn($"{plan.Name}  pid {child.Id}  {child.Ending}; it is started again{(pause > TimeSpan.Zero ? $" in {pause.TotalSeconds:0.0} s" : "")}");
            await AnyAsync(stopping, Task.Delay(pause, CancellationToken.None));
        }
    }

    /// <summary>Starts the process. What could be started before may be so again; what never could is an error.</summary>
    private ChildProcess? TryStart()
    {
        try
        {
            return ChildProcess.Start(plan.Name, plan.Start(), output);
        }
        catch (PrimaryException exception) when (_ready.Task.IsCompleted)
        {
            output.Warn($"{exception.Message}; trying again");
            return null;
        }
    }

    /// <summary>The first of the tasks that completes; null where it is time to stop.</summary>
    private static async Task<Task?> AnyAsync(CancellationToken stopping, params IEnumerable<Task> tasks)
    {
        try
        {
            return await Task.WhenAny(tasks).WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
