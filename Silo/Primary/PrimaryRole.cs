using System.Net.Sockets;
using OrleansAdapter.Silo.Engines;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.Silo.Primary;

/// <summary>The role <c>primary</c>: runs the front, the directory and the workers until it is told to stop, and leaves no process and no file behind.</summary>
internal static class PrimaryRole
{
    /// <exception cref="PrimaryException">It cannot begin, or cannot go on.</exception>
    public static async Task<int> RunAsync(PrimaryOptions options)
    {
        var ports = FrontPorts.Bind(options);
        await using var output = new Output();
        using var directory = new PrivateDirectory();
        await using var run = options.Engine.Prepare(directory.Path);
        await using var deaths = new DeathReports(run, output);
        await using FrontDoor front = Open(options, ports, directory.Path);
        using var directoryEnd = new CancellationTokenSource();

        var supervised = new Supervised(new DirectoryPlan(options.Engine, run, directory.Path), output);
        var workers = Enumerable.Range(1, options.Workers).Select(number => new Supervised(new WorkerPlan(options, number, run, front, deaths), output)).ToArray();
        var reloads = new Reloads(workers, output);
        using var signals = new Signals(reloads.Request);
        using var workersEnd = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop.Token);
        using var _ = signals.Stop.Token.Register(front.StopListening);
        var stop = signals.Stop with { Token = workersEnd.Token };

        var directoryTask = supervised.RunAsync(stop with { Token = directoryEnd.Token });
        var workerTasks = workers.Select(worker => worker.RunAsync(stop)).ToArray();

        // Each runs until it is told to stop, or cannot go on.
        var ended = Task.WhenAny([directoryTask, .. workerTasks]);
        var ready = Task.WhenAll([supervised.Ready, .. workers.Select(worker => worker.Ready)]);
        var reloading = Task.CompletedTask;
        if (await Task.WhenAny(ready, ended) == ready)
        {
            output.Say($"ready  {options.Workers} workers, engine {options.Engine.Name}, http://{options.EndPointOf(0)}");
            reloading = reloads.RunAsync(stop);
        }
        await ended;

        // The directory last: workers that stop have things to tell it.
        await workersEnd.CancelAsync();
        await Task.WhenAll([reloading, .. workerTasks]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await directoryEnd.CancelAsync();
        await Task.WhenAll([directoryTask, .. workerTasks]);
        await reloading;
        return signals.ExitCode;
    }

    private static HandOverFront Open(PrimaryOptions options, List<(Socket Socket, int Slot)> ports, string directory)
    {
        var workers = new WorkerTable(options.Balance, Random.Shared);
        return OperatingSystem.IsLinux()
            ? new HandOverFront(workers, ports, directory, options.HungAfter, TimeProvider.System)
            : throw new PlatformNotSupportedException();
    }
}
