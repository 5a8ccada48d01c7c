using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansAdapter.Bench.Clients;

namespace OrleansAdapter.Bench.Servers;

/// <summary>What is measured: how it is started, and what it speaks.</summary>
/// <param name="Name">What the tables call it.</param>
/// <param name="Wire">What its clients speak.</param>
/// <param name="Start">The command that starts it on a port with so many workers.</param>
/// <param name="Ports">Where its clients connect.</param>
/// <param name="ReadyLines">How many lines that begin with "ready" it writes before it is.</param>
internal sealed record Server(string Name, Wire Wire, Func<int, int, ProcessStartInfo> Start, Func<int, int, int[]> Ports, Func<int, int> ReadyLines)
{
    /// <summary>How much of the time for warming up it needs: what has the most code, all of it.</summary>
    public double Warming { get; init; } = 1;

    /// <summary>Whether it starts a redis-server, which has to be installed.</summary>
    public bool NeedsRedis { get; init; }

    public override string ToString() => Name;
}

/// <summary>A server that runs.</summary>
internal sealed partial class RunningServer : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(15);
    private readonly Process _process;
    private readonly List<int> _tree;

    private RunningServer(Server server, Process process, int port, int workers)
    {
        (_process, Ports) = (process, server.Ports(port, workers));
        _tree = ProcessTree.Of(process.Id);
    }

    public int[] Ports { get; }

    /// <summary>Processor time of all its processes so far, in seconds.</summary>
    public (double User, double Kernel) ProcessorTime => ProcessTree.ProcessorTime(_tree);

    /// <summary>Memory of all its processes.</summary>
    public double Megabytes => ProcessTree.Megabytes(_tree);

    public IReadOnlyList<int> Processes => _tree;

    /// <summary>Starts it, and returns when it is ready.</summary>
    public static async Task<RunningServer> StartAsync(Server server, int workers)
    {
        var port = FreePorts.TakeRun(20);
        var start = server.Start(port, workers);
        start.RedirectStandardOutput = true;
        start.RedirectStandardInput = true;
        var process = Process.Start(start)!;
        using var time = new CancellationTokenSource(StartTime);
        try
        {
            for (var ready = 0; ready < server.ReadyLines(workers);)
            {
                var line = await process.StandardOutput.ReadLineAsync(time.Token)
                    ?? throw new InvalidOperationException($"{server.Name} ended before it was ready; see what it said above.");
                ready += line.StartsWith("ready", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        _ = process.StandardOutput.BaseStream.CopyToAsync(System.IO.Stream.Null, CancellationToken.None);
        return new RunningServer(server, process, port, workers);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Terminate);
        }
        using var time = new CancellationTokenSource(StopTime);
        try
        {
            await _process.WaitForExitAsync(time.Token);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"bench: process {_process.Id} did not end in {StopTime.TotalSeconds} s, and was killed.");
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
