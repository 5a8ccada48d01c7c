using System.Diagnostics;
using System.Net.Sockets;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Front;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// The role <c>primary</c>: runs the front, the directory and the workers until it is told to stop, and leaves no process and no file behind.
/// </summary>
internal static class PrimaryRole
{
    /// <summary>How long the status waits for what the workers themselves have to say.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    /// <exception cref="PrimaryException">It cannot begin, or cannot go on.</exception>
    public static async Task<int> RunAsync(PrimaryOptions options)
    {
        var started = Stopwatch.GetTimestamp();
        if (options.Dashboard is { } wanted)
        {
            FrontPorts.CheckIsFree(wanted, "--dashboard");
        }
        var ports = FrontPorts.Bind(options.Front);
        await using var output = new Output();
        using var runDirectory = new PrivateDirectory();
        await using var run = new DirectoryRun(runDirectory.Path, options.Colocated, options.Cluster);
        var forwarding = new ForwardingRun(runDirectory.Path, options.Cluster);
        var admin = new AdminRun(options.Observe is not null, options.Front.EndPointOf(0));
        await using var deaths = new DeathReports(run, output);
        await using var front = await OpenAsync(options, ports, runDirectory.Path);
        using var manager = new ServiceManager(front.AliveAsync);
        using var directoryEnd = new CancellationTokenSource();

        var watch = new DirectoryWatch(run.PingAsync, options.Limits.HungAfter, TimeProvider.System, output.Warn);
        var directory = run.HasSilo ? new Supervised(new DirectoryPlan(options, run, runDirectory.Path, watch, deaths), output) : null;
        var workers = Enumerable.Range(1, options.Front.Slots)
            .Select(number => new Supervised(new WorkerPlan(options, number, run, front, forwarding, admin, deaths), output))
            .ToArray();
        var reloads = new WorkerReloads(workers, manager, output);
        using var signals = new Signals(reloads.Request);
        using var workersEnd = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop.Token);
        using var closing = signals.Stop.Token.UnsafeRegister(
            _ =>
            {
                manager.Stopping();
                front.StopListening();
            },
            null);
        var stop = signals.Stop with { Token = workersEnd.Token };

        var ready = Task.WhenAll([directory?.Ready ?? Task.CompletedTask, .. workers.Select(worker => worker.Ready)]);
        await using var status = await StatusServer.StartAsync(
            runDirectory.Path,
            options.StatusPort,
            () => DescribeAsync(
                options,
                front,
                directory,
                workers,
                reloads,
                started,
                stop.Token.IsCancellationRequested ? "stopping" : reloads.Running ? "reloading" : ready.IsCompleted ? "running" : "starting"),
            async cancellationToken => ClusterStatus.Of(await run.LookAsync(cancellationToken)));
        await using var observation = await RunObservation.StartAsync(options.Observe, front, directory, workers, reloads, run.NameOf("primary"));
        new PrimaryFile(Environment.ProcessId, options.Front.Port, status.Path).Write(runDirectory.Path);

        var directoryTask = directory?.RunAsync(stop with { Token = directoryEnd.Token }) ?? Task.Delay(Timeout.Infinite, directoryEnd.Token);
        var workerTasks = workers.Select(worker => worker.RunAsync(stop)).ToArray();

        // Each runs until it is told to stop, or cannot go on.
        var ended = Task.WhenAny([directoryTask, .. workerTasks]);
        var reloading = Task.CompletedTask;
        if (await Task.WhenAny(ready, ended) == ready)
        {
            if (options.Observe is { } observed)
            {
                output.Say($"metrics  http://{observed}/metrics");
                await admin.SayAsync(workers, output);
            }
            if (options.Dashboard is { } dashboard && directory is not null)
            {
                output.Say($"dashboard  http://{dashboard}/");
            }
            var address = options.Front.EndPointOf(0);
            output.Say($"ready  {options.Front.Slots} workers, http://{address}{(front.Workers.TakesTls ? $", https://{address}" : "")}");
            manager.Ready();
            reloading = reloads.RunAsync(stop);
        }
        await ended;

        // The directory last: workers that stop have things to tell it.
        await workersEnd.CancelAsync();
        await Task.WhenAll([reloading, .. workerTasks]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await directoryEnd.CancelAsync();
        await directoryTask.ConfigureAwait(directory is null ? ConfigureAwaitOptions.SuppressThrowing : ConfigureAwaitOptions.None);
        await Task.WhenAll([reloading, .. workerTasks]);
        return signals.ExitCode;
    }

    private static async Task<FrontDoor> OpenAsync(PrimaryOptions options, List<(Socket Socket, int Slot)> ports, string directory)
    {
        var workers = new WorkerTable(options.Balance, Random.Shared);
        if (OperatingSystem.IsLinux() && !options.Proxy)
        {
            return new HandOverFront(workers, ports, directory, options.Limits, TimeProvider.System);
        }
        // Kestrel makes its own. These have shown that they can be had.
        ports.ForEach(port => port.Socket.Dispose());
        return await ProxyFront.StartAsync(workers, options.Front, directory);
    }

    private static async Task<PrimaryStatus> DescribeAsync(
        PrimaryOptions options, FrontDoor front, Supervised? directory, IEnumerable<Supervised> workers, WorkerReloads reloads, long started, string state)
    {
        var processes = workers.SelectMany(worker => worker.Running, (worker, process) => (Worker: worker, Process: process)).ToArray();
        var clients = await Task.WhenAll(processes.Select(one => one.Process.AskAsync(ClientCounts.Question, AnswerLimit)));
        return new PrimaryStatus(
            Environment.ProcessId,
            $"http://{options.Front.EndPointOf(0)}",
            options.Front.Port,
            front.Name,
            BalancePolicies.NameOf(options.Balance),
            state,
            Seconds(Stopwatch.GetElapsedTime(started)),
            front.Arriving,
            reloads.Done,
            reloads.Failed,
            directory?.Running is [var process, ..] ? new ProcessStatus(directory.Name, process.Id, Seconds(process.Lived), directory.Restarts) : null,
            [.. from one in processes.Zip(clients, (one, clients) => (one.Worker, one.Process, Clients: clients))
                let look = front.Workers.Look(one.Process.Launch.Worker!)
                select new WorkerStatus(
                    one.Worker.Name,
                    one.Process.Id,
                    Seconds(one.Process.Lived),
                    one.Worker.Restarts,
                    one.Worker.About,
                    look.State.ToString().ToLowerInvariant(),
                    look.Connections,
                    one.Clients is null ? null : PrimaryAnswer.Read<ClientCount[]>(one.Clients))]);
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 1);
}
