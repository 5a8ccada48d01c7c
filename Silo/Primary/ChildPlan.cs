using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.Hosting;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.Silo.Primary;

/// <summary>One process that the primary keeps running: its name, and how it is started each time.</summary>
internal abstract class ChildPlan
{
    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>What is printed behind its name when it is ready.</summary>
    public abstract string About { get; }

    /// <summary>How long it may take to leave when it is told to; zero where it just ends.</summary>
    public virtual TimeSpan Drain => TimeSpan.Zero;

    /// <summary>Prepares the next start.</summary>
    /// <param name="isRestart">Whether the one before has ended though nobody told it to, so that it is missed.</param>
    public abstract Launch Launch(bool isRestart);

    /// <summary>Says whether the process is asked for its metrics, whatever the primary itself was told.</summary>
    protected static void SetObserved(ProcessStartInfo start, bool observed) =>
        start.Environment[SupervisionContract.Observed] = observed ? "true" : "false";

    protected static void Set(ProcessStartInfo start, IEnumerable<KeyValuePair<string, string>> environment)
    {
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
    }
}

/// <summary>One start of a process, and what the primary does at its stages.</summary>
internal abstract class Launch(ProcessStartInfo process)
{
    private static readonly Task<string> Never = new TaskCompletionSource<string>().Task;

    /// <summary>The program, its arguments and its environment.</summary>
    public ProcessStartInfo Process { get; } = process;

    /// <summary>Completes when others can use the process, which may be a little before or after it says that it is ready.</summary>
    public virtual Task Connected => Task.CompletedTask;

    /// <summary>Completes, with the reason, when the process is of no use any more though it has not ended.</summary>
    public virtual Task<string> Lost => Never;

    /// <summary>The worker as the front knows it; null where the process is no worker.</summary>
    public virtual FrontWorker? Worker => null;

    /// <summary>Called when it has said that it is ready.</summary>
    public virtual void SaidReady()
    {
    }

    /// <summary>Called before it is told to end.</summary>
    public virtual void Leaving()
    {
    }

    /// <summary>Called when it has ended and the run goes on. Returns at once.</summary>
    public virtual void Ended()
    {
    }
}

/// <summary>Plans the directory's process.</summary>
internal sealed class DirectoryPlan(
    PrimaryOptions options, DirectoryRun run, string directory, DirectoryWatch watch, DeathReports deaths) : ChildPlan
{
    private bool _started;

    public override string Name => "directory";

    public override string About => run.IsColocated
        ? "a silo, as every worker is"
        : run.Cluster is { } cluster ? $"a silo of cluster {cluster.Options.ClusterId}, at {cluster.Address}" : "a silo";

    public override Launch Launch(bool isRestart)
    {
        // Whoever comes after the first one has to ask the workers what it was.
        var start = WorkerProgram.StartThis(
            [Name, .. run.IsColocated ? ["--colocated"] : Array.Empty<string>(), .. _started ? Array.Empty<string>() : ["--first-start"]]);
        _started = true;
        var process = ServerId.NewProcess();
        Set(start, run.Environment);
        Set(start, run.SiloEnvironment(process));
        start.Environment[SupervisionContract.RunDirectory] = directory;
        SetObserved(start, options.Observe is not null);
        start.Environment[DirectoryRun.ProcessNameVariable] = run.NameOf(Name);
        start.Environment[DirectoryRun.DashboardVariable] = options.Dashboard?.ToString() ?? "";
        return new DirectoryLaunch(start, process, watch, deaths);
    }

    private sealed class DirectoryLaunch(ProcessStartInfo start, ServerId process, DirectoryWatch watch, DeathReports deaths) : Launch(start)
    {
        private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task<string> Lost => _lost.Task;

        public override void SaidReady() => _ = WatchAsync();

        public override void Leaving() => _over.TrySetResult();

        public override void Ended()
        {
            _over.TrySetResult();
            deaths.ReportDirectory(process);
        }

        private async Task WatchAsync()
        {
            using var watching = new CancellationTokenSource();
            var hangs = watch.HangsAsync(watching.Token);
            if (await Task.WhenAny(hangs, _over.Task) == hangs)
            {
                _lost.SetResult(await hangs);
                return;
            }
            await watching.CancelAsync();
            await ((Task)hangs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>
/// Plans a web worker. Each start is a new server to the directory, with an id that the primary draws so that it can report the server's death.
/// </summary>
internal sealed class WorkerPlan(
    PrimaryOptions options, int number, DirectoryRun run, FrontDoor front, ForwardingRun forwarding, AdminRun admin, DeathReports deaths) : ChildPlan
{
    /// <summary>Which part of the time for leaving a worker has to move its clients; the rest is for what it does afterwards.</summary>
    private const double DrainShare = 0.9;

    public override string Name => $"worker-{number}";

    public override string About => options.Front.WorkerPorts ? $"http://{options.Front.EndPointOf(number)}" : "";

    public override TimeSpan Drain => options.Drain;

    public override Launch Launch(bool isRestart)
    {
        var worker = front.Workers.Expect(number, ServerId.NewProcess());
        var start = WorkerProgram.Start(options.Program);
        Set(start, run.Environment);
        Set(start, forwarding.Environment);
        Set(start, admin.Environment);
        Set(start, front.EnvironmentOf(worker));
        start.Environment["OrleansAdapter__ServerId"] = worker.Server.ToString();
        start.Environment["OrleansAdapter__Directory__ServerId"] = worker.Server.ToString();
        start.Environment["OrleansAdapter__ServerName"] = run.NameOf(Name);
        SetObserved(start, options.Observe is not null);
        start.Environment["OrleansAdapter__DrainTimeout"] = (options.Drain * DrainShare).ToString("c", CultureInfo.InvariantCulture);
        if (isRestart)
        {
            start.Environment[WarmUp.Variable] = "false"; // its clients wait for it
        }
        if (options.Certificate is var (file, key))
        {
            start.Environment["Kestrel__Certificates__Default__Path"] = file;
            start.Environment["Kestrel__Certificates__Default__KeyPath"] = key;
        }
        return new WorkerLaunch(start, worker, front, deaths);
    }

    private sealed class WorkerLaunch(ProcessStartInfo start, FrontWorker worker, FrontDoor front, DeathReports deaths) : Launch(start)
    {
        public override FrontWorker Worker => worker;

        public override Task Connected => worker.Connected;

        public override Task<string> Lost => worker.Lost;

        public override void SaidReady() => front.Started(worker);

        public override void Leaving() => front.Workers.Leave(worker);

        public override void Ended()
        {
            front.Workers.Remove(worker);
            deaths.Report(worker.Server);
        }
    }
}
