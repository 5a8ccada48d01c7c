namespace OrleansAdapter.Silo.Primary;

/// <summary>The role <c>primary</c>: runs the directory and the workers until it is told to stop, and leaves no process and no file behind.</summary>
internal static class PrimaryRole
{
    /// <exception cref="PrimaryException">It cannot begin, or cannot go on.</exception>
    public static async Task<int> RunAsync(PrimaryOptions options)
    {
        Ports.Check(options);
        using var signals = new Signals();
        await using var output = new Output();
        await using var run = options.Engine.Prepare();
        using var forwarding = new ForwardingRun();
        await using var deaths = new DeathReports(run, output);
        using var workersEnd = CancellationTokenSource.CreateLinkedTokenSource(signals.Stopping);
        using var directoryEnd = new CancellationTokenSource();

        var directory = new Supervised(new DirectoryPlan(options.Engine, run), output);
        var workers = Enumerable.Range(1, options.Workers).Select(number => new Supervised(new WorkerPlan(options, number, run, forwarding, deaths), output)).ToArray();
        var directoryTask = directory.RunAsync(directoryEnd.Token, signals.Force);
        var workerTasks = workers.Select(worker => worker.RunAsync(workersEnd.Token, signals.Force)).ToArray();

        // Each runs until it is told to stop, or cannot go on.
        var ended = Task.WhenAny([directoryTask, .. workerTasks]);
        var ready = Task.WhenAll([directory.Ready, .. workers.Select(worker => worker.Ready)]);
        if (await Task.WhenAny(ready, ended) == ready)
        {
            output.Say($"ready  {options.Workers} workers, engine {options.Engine.Name}, {Range(options)}");
        }
        await ended;

        // The directory last: workers that stop have things to tell it.
        await workersEnd.CancelAsync();
        await Task.WhenAll(workerTasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await directoryEnd.CancelAsync();
        await Task.WhenAll([directoryTask, .. workerTasks]);
        return signals.ExitCode;
    }

    private static string Range(PrimaryOptions options) => options.Workers == 1
        ? $"http://{options.EndPointOf(1)}"
        : $"http://{options.EndPointOf(1)} to http://{options.EndPointOf(options.Workers)}";
}
