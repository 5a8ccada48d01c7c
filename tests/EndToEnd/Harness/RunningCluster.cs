using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A line that the primary wrote, and when it was read.</summary>
/// <param name="Text">The line.</param>
/// <param name="At">A time of <see cref="Stopwatch"/>.</param>
internal sealed record OutputLine(string Text, long At);

/// <summary>
/// The real thing: a primary with its directory and its workers, each a process of its own, on free ports. Disposing it ends them all, whatever
/// state they are in; and so does the end of the test program, because the primary watches its input.
/// </summary>
internal sealed partial class RunningCluster : IAsyncDisposable
{
    /// <summary>How many ports a run has: the front's, those of workers and of what a test adds, and at the end the silo's two.</summary>
    private const int Ports = 10;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(45);
    /// <summary>Longer than a polling client that left without a word counts (pingInterval and pingTimeout, 45 s).</summary>
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan ClusterLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Process _primary;
    private readonly string _address;
    private readonly Task _output;
    private readonly EventLog<OutputLine> _lines = new("primary");

    private RunningCluster(Process primary, int port, string temporary, string address)
    {
        _primary = primary;
        _address = address;
        Port = port;
        Temporary = temporary;
        _output = Task.WhenAll(ReadAsync(primary.StandardOutput), ReadAsync(primary.StandardError));
    }

    /// <summary>The usual address of the front.</summary>
    public const string Here = "127.0.0.1";

    /// <summary>How many workers there are.</summary>
    public const int Workers = 3;

    /// <summary>The front's port; a worker's number added to it gives the port that leads to this worker.</summary>
    public int Port { get; }

    /// <summary>The front's address.</summary>
    public string Front => Url(0);

    /// <summary>The primary's process id.</summary>
    public int PrimaryId => _primary.Id;

    /// <summary>The directory that the cluster's processes use for temporary files; nobody else does.</summary>
    public string Temporary { get; }

    /// <summary>All that the primary said.</summary>
    public EventLog<OutputLine> Lines => _lines;

    /// <summary>The same as text, for those who look for what went wrong.</summary>
    public string Said => string.Join('\n', _lines.All.Select(line => line.Text));

    /// <summary>
    /// Each line of it from a place on, but for what it says where the machine is busy and nothing is wrong: that the directory has not answered for a while,
    /// and that it answers again.
    /// </summary>
    public string[] SaidSince(int place) =>
    [
        .. _lines.All[place..].Select(line => line.Text).Where(
            text => !text.StartsWith("directory  does not answer", StringComparison.Ordinal)
                && !text.StartsWith("directory  answers again", StringComparison.Ordinal)),
    ];

    /// <summary>Starts a cluster; returns when it is ready.</summary>
    /// <param name="arguments">More of the primary's arguments.</param>
    public static Task<RunningCluster> StartAsync(params IEnumerable<string> arguments) => StartAsync([], arguments);

    /// <summary>The same.</summary>
    /// <param name="environment">Settings of its processes.</param>
    /// <param name="arguments">More of the primary's arguments.</param>
    public static Task<RunningCluster> StartAsync((string Name, string Value)[] environment, params IEnumerable<string> arguments) =>
        StartAsync(null, Here, environment, arguments);

    /// <summary>The same elsewhere.</summary>
    /// <param name="networkNamespace">The network namespace of its processes; null for this one.</param>
    /// <param name="address">The address of its front.</param>
    public static async Task<RunningCluster> StartAsync(
        string? networkNamespace, string address, (string Name, string Value)[] environment, IEnumerable<string> arguments)
    {
        string[] workers = arguments.Contains("--workers") ? [] : ["--workers", Workers.ToString(CultureInfo.InvariantCulture)];
        string[] dotnet = networkNamespace is null ? ["dotnet"] : ["/usr/sbin/ip", "netns", "exec", networkNamespace, "dotnet"];
        var cluster = Start(FreePort(), address, dotnet, environment, [.. workers, .. arguments]);
        try
        {
            await cluster.LineAsync("ready ");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a primary with some arguments, and does not wait for anything.</summary>
    public static RunningCluster Start(int port, params IEnumerable<string> arguments) => Start(port, [], arguments);

    /// <summary>The same.</summary>
    /// <param name="port">The front's port.</param>
    /// <param name="environment">Settings of its processes.</param>
    /// <param name="arguments">The primary's arguments.</param>
    public static RunningCluster Start(int port, (string Name, string Value)[] environment, params IEnumerable<string> arguments) =>
        Start(port, ["dotnet"], environment, arguments);

    /// <summary>The same.</summary>
    /// <param name="port">The front's port.</param>
    /// <param name="dotnet">What runs .NET's programs: <c>dotnet</c>, behind a program that runs it.</param>
    /// <param name="environment">Settings of its processes.</param>
    /// <param name="arguments">The primary's arguments.</param>
    public static RunningCluster Start(int port, string[] dotnet, (string Name, string Value)[] environment, params IEnumerable<string> arguments) =>
        Start(port, Here, dotnet, environment, arguments);

    private static RunningCluster Start(
        int port, string address, string[] dotnet, (string Name, string Value)[] environment, IEnumerable<string> arguments)
    {
        var temporary = Directory.CreateTempSubdirectory("oa-").FullName;

        // Where the shell that started the tests ignores SIGINT, as for what runs in the background of a script, so would the primary.
        var start = new ProcessStartInfo(
            "env",
            [
                "--default-signal=INT", .. dotnet, Checkout.Program("Silo"), "primary", "--port", port.ToString(CultureInfo.InvariantCulture), "--worker-ports",
                "--drain", "2", .. address == Here ? Array.Empty<string>() : ["--address", address], .. arguments,
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = temporary;
        start.Environment["ORLEANSADAPTER_WEBWORKER"] = Checkout.Program("WebWorker");
        start.Environment["OrleansAdapter__Supervised"] = "true";

        // Of the ports that nobody else takes: one that a primary finds free by itself may be somebody's before its silo listens there.
        start.Environment["OrleansAdapter__Silo__SiloPort"] = (port + Ports - 2).ToString(CultureInfo.InvariantCulture);
        start.Environment["OrleansAdapter__Silo__GatewayPort"] = (port + Ports - 1).ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return new RunningCluster(Process.Start(start)!, port, temporary, address);
    }

    /// <summary>A port with nine free ones after it. No other test of this machine gets the same.</summary>
    public static int FreePort() => FreePorts.TakeRun(Ports);

    /// <summary>The address of a worker, from 1.</summary>
    public string Url(int worker) => string.Create(CultureInfo.InvariantCulture, $"http://{_address}:{Port + worker}");

    /// <summary>What the primary tells of itself.</summary>
    internal async Task<PrimaryStatus> StatusAsync() =>
        await AskStatusAsync() ?? throw new InvalidOperationException("The primary does not tell its status.");

    /// <summary>The same; null where it does not tell in time.</summary>
    private async Task<PrimaryStatus?> AskStatusAsync()
    {
        var file = Directory.EnumerateFiles(Temporary, "primary.json", SearchOption.AllDirectories).Single();
        using var primary = new StatusClient(
            JsonSerializer.Deserialize<PrimaryFile>(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!.Status);
        return await primary.AskAsync();
    }

    /// <summary>Waits until the primary's status is as it should be, which no event tells.</summary>
    internal async Task<PrimaryStatus> StatusAsync(Func<PrimaryStatus, bool> match, string what)
    {
        using var limit = new CancellationTokenSource(StatusLimit);
        while (true)
        {
            var status = await AskStatusAsync();
            if (status is not null && match(status))
            {
                return status;
            }
            try
            {
                await Task.Delay(Look, limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waited for {what}: {status?.ToString() ?? "no answer"}\n{string.Join('\n', status?.Workers ?? [])}");
            }
        }
    }

    /// <summary>Waits until the cluster that this run is part of is as it should be.</summary>
    internal async Task<ClusterStatus> ClusterAsync(Func<ClusterStatus, bool> match, string what)
    {
        var file = Directory.EnumerateFiles(Temporary, "primary.json", SearchOption.AllDirectories).Single();
        using var primary = new StatusClient(
            JsonSerializer.Deserialize<PrimaryFile>(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!.Status);
        ClusterStatus? cluster = null;
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < ClusterLimit; await Task.Delay(Look, TestContext.Current.CancellationToken))
        {
            cluster = (await primary.AskAsync(cluster: true))?.Cluster;
            if (cluster is not null && match(cluster))
            {
                return cluster;
            }
        }
        throw new TimeoutException($"Waited for {what}: {JsonSerializer.Serialize(cluster)}");
    }

    /// <summary>Waits for a line with this beginning, of those from a place on.</summary>
    public Task<OutputLine> LineAsync(string beginning, int from = 0) =>
        _lines.FirstAsync(line => line.Text.StartsWith(beginning, StringComparison.Ordinal), $"a line \"{beginning}\"", from);

    /// <summary>The process id that a child (<c>directory</c>, <c>worker-1</c>) was last said to have.</summary>
    public int ProcessOf(string child) => ProcessIn(_lines.All.Last(line => IsStart(line, child)));

    /// <summary>The process id in a line that tells of a child's start.</summary>
    public static int ProcessIn(OutputLine line) => int.Parse(StartLine().Match(line.Text).Groups["pid"].ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>Kills a child as nothing can be caught; returns the line that tells of the next one.</summary>
    public async Task<OutputLine> KillAsync(string child, TimeSpan? atMost = null)
    {
        var before = _lines.Count;
        OperatingSystemProcesses.Signal(ProcessOf(child), OperatingSystemProcesses.Kill);
        return await AnotherAsync(child, before, atMost);
    }

    /// <summary>Waits for the line that tells of a child's start, of those from a place on.</summary>
    public Task<OutputLine> AnotherAsync(string child, int from, TimeSpan? atMost = null) =>
        _lines.FirstAsync(line => IsStart(line, child), $"another {child}", from, atMost);

    /// <summary>The process ids of the children, as they were last said to be.</summary>
    public int[] Children =>
        [.. _lines.All.Select(line => StartLine().Match(line.Text)).Where(match => match.Success).GroupBy(match => match.Groups["name"].Value)
        .Select(starts => int.Parse(starts.Last().Groups["pid"].ValueSpan, CultureInfo.InvariantCulture))];

    /// <summary>Tells the primary to end, with time for clients to move.</summary>
    public async Task LeaveAsync()
    {
        await _primary.StandardInput.WriteLineAsync("drain");
        await _primary.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the primary's end; returns its exit code.</summary>
    public async Task<int> EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(EndLimit);
        await _primary.WaitForExitAsync(limit.Token);
        await _output;
        return _primary.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _primary.StandardInput.Close();
        try
        {
            await _primary.WaitForExitAsync().WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            _primary.Kill(entireProcessTree: true);
        }
        foreach (var child in Children.Where(OperatingSystemProcesses.IsRunning))
        {
            OperatingSystemProcesses.Signal(child, OperatingSystemProcesses.Kill);
        }
        _primary.Dispose();
        Directory.Delete(Temporary, recursive: true);
    }

    private static bool IsStart(OutputLine line, string child) => StartLine().Match(line.Text).Groups["name"].Value == child;

    [GeneratedRegex(@"^(?<name>directory|worker-\d+)  pid (?<pid>\d+)  (a silo|http)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StartLine();

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            _lines.Add(new OutputLine(line, Stopwatch.GetTimestamp()));
        }
    }
}
