using System.Diagnostics;
using OrleansAdapter.Silo.Engines;

namespace OrleansAdapter.Silo.Primary;

/// <summary>One process that the primary keeps running: how it is started each time, and what its end means.</summary>
internal abstract class ChildPlan
{
    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>What else there is to say of it when it is ready.</summary>
    public abstract string About { get; }

    /// <summary>Says how it is started now.</summary>
    public abstract ProcessStartInfo Start();

    /// <summary>It has ended, and not because it was told to. Returns at once.</summary>
    public virtual void Ended()
    {
    }

    protected static void Set(ProcessStartInfo start, IEnumerable<KeyValuePair<string, string>> environment)
    {
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
    }
}

/// <summary>The directory's process.</summary>
internal sealed class DirectoryPlan(DirectoryEngine engine, EngineRun run) : ChildPlan
{
    private bool _started;

    public override string Name => "directory";

    public override string About => $"engine {engine.Name}";

    public override ProcessStartInfo Start()
    {
        // Whoever comes after the first one has to ask the workers what it was.
        var start = WorkerProgram.StartThis([Name, "--engine", engine.Name, .. _started ? Array.Empty<string>() : ["--first-start"]]);
        _started = true;
        Set(start, run.Environment);
        return start;
    }
}

/// <summary>A web worker. Each start is another server to the directory, with an id that the primary draws, so that it can report its death.</summary>
internal sealed class WorkerPlan(PrimaryOptions options, int number, EngineRun run, ForwardingRun forwarding, DeathReports deaths) : ChildPlan
{
    private ServerId _server;

    public override string Name => $"worker-{number}";

    public override string About => $"http://{options.EndPointOf(number)}";

    public override ProcessStartInfo Start()
    {
        _server = ServerId.NewProcess().Process;
        var start = WorkerProgram.Start(options.Program, "--urls", About);
        Set(start, run.Environment);
        Set(start, forwarding.Environment);
        start.Environment["OrleansAdapter__ServerId"] = _server.ToString();
        start.Environment["OrleansAdapter__Directory__ServerId"] = _server.ToString();
        start.Environment["OrleansAdapter__ServerName"] = Name;
        return start;
    }

    public override void Ended() => deaths.Report(_server);
}
