using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using OrleansAdapter.Grains;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// Several primaries, each as on a machine of its own, that find each other in a real database. They have an address of this machine's loopback each, which
/// is Linux' way, or a network between them (<see cref="TestNetwork"/>).
/// </summary>
internal sealed partial class TestMachines : IAsyncDisposable
{
    /// <summary>Homes say where they start, and silos whether there are other machines.</summary>
    private static readonly (string, string)[] Telling =
    [
        ("Logging__LogLevel__OrleansAdapter.Grains.HomeGrain", "Information"),
        ("Logging__LogLevel__OrleansAdapter.Directory", "Information"),
    ];

    private readonly List<RunningCluster> _machines = [];
    private readonly TestNetwork? _network;

    private TestMachines(TestDatabase database, TestNetwork? network) => (Database, _network) = (database, network);

    public TestDatabase Database { get; }

    /// <summary>The network between them, where they have one.</summary>
    public TestNetwork Network => _network!;

    /// <summary>Each of them, in the order of its address: 127.0.0.1, 127.0.0.2 and so on, or as the network has it.</summary>
    public IReadOnlyList<RunningCluster> All => _machines;

    /// <summary>Starts a database, and the machines one after the other; returns when all are ready. Skips the test where it cannot.</summary>
    /// <param name="kind">The database: <c>postgres</c> or <c>redis</c>.</param>
    /// <param name="count">How many machines.</param>
    /// <param name="arguments">More of each primary's arguments.</param>
    public static async Task<TestMachines> StartAsync(string kind, int count, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has all of 127.0.0.0/8 for its own.");
        return await StartAsync(new TestMachines(await TestDatabase.StartAsync(kind), network: null), count, arguments);
    }

    /// <summary>The same with a network between them, which can be cut. The database is beside them.</summary>
    public static async Task<TestMachines> StartOnNetworkAsync(string kind, int count, params string[] arguments)
    {
        var network = await TestNetwork.StartAsync(count);
        try
        {
            return await StartAsync(new TestMachines(await TestDatabase.StartAsync(kind, network.Middle), network), count, arguments);
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for the next home of the namespace <c>/</c> to start, and returns on which machine, from 0.</summary>
    /// <param name="seen">How many of each machine's lines have been looked at; raised to what there is.</param>
    public async Task<int> HomeAsync(int[] seen)
    {
        var found = _machines.Select((machine, i) => machine.Lines.FirstAsync(line => HomeLine().IsMatch(line.Text), "a home", seen[i])).ToArray();
        var home = Array.IndexOf(found, await Task.WhenAny(found));
        await found[home];
        for (var i = 0; i < seen.Length; i++)
        {
            seen[i] = _machines[i].Lines.Count;
        }
        return home;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(_machines.Select(machine => machine.DisposeAsync().AsTask()));
        }
        finally
        {
            try
            {
                await Database.DisposeAsync();
            }
            finally
            {
                await (_network?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }
    }

    private static async Task<TestMachines> StartAsync(TestMachines machines, int count, string[] arguments)
    {
        try
        {
            if (machines.Database.Kind == "postgres")
            {
                await machines.Database.InitializeAsync();
            }
            for (var number = 1; number <= count; number++)
            {
                machines._machines.Add(await machines.StartAsync(number, arguments));
            }
            return machines;
        }
        catch
        {
            await machines.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a machine leave as an operator does, and starts another in its place; returns when that is ready.</summary>
    /// <param name="machine">Which, from 0.</param>
    /// <param name="arguments">More of its arguments.</param>
    /// <returns>How long it took to leave.</returns>
    public async Task<TimeSpan> RestartAsync(int machine, params string[] arguments)
    {
        var (old, leaves) = (_machines[machine], Stopwatch.StartNew());
        OperatingSystemProcesses.Signal(old.PrimaryId, OperatingSystemProcesses.Terminate);
        Assert.Equal(0, await old.EndAsync());
        leaves.Stop();
        _machines.RemoveAt(machine);
        await old.DisposeAsync();
        _machines.Insert(machine, await StartAsync(machine + 1, arguments));
        return leaves.Elapsed;
    }

    /// <summary>Starts one more that is told by its environment what the others are told by their arguments; returns when it is ready.</summary>
    /// <param name="environment">What else it is told.</param>
    public async Task AddByConfigurationAsync(params (string Name, string Value)[] environment) => _machines.Add(await RunningCluster.StartAsync(
        [
            .. Telling,
            .. environment,
            ("OrleansAdapter__Directory__Clustering", Database.Kind),
            ("OrleansAdapter__Directory__ConnectionFile", Database.ConnectionFile),
            ("OrleansAdapter__Directory__SecretFile", Database.SecretFile),
            ("OrleansAdapter__Directory__Address", $"127.0.0.{_machines.Count + 1}"),
        ],
        "--workers",
        "1"));

    /// <summary>
    /// Has another service say something in rooms of the namespace <c>/</c> through each of so many silos, whose doors are servers from then on.
    /// </summary>
    public async Task UseDoorsAsync(int silos)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddOrleansDirectoryClient(new DirectoryClusterOptions
        {
            Clustering = Database.Kind,
            ConnectionFile = Database.ConnectionFile,
            SecretFile = Database.SecretFile,
        });
        using var host = builder.Build();
        await host.StartAsync();
        var grains = host.Services.GetRequiredService<IClusterClient>();

        // Which silo has a room's grain, is the client's choice: of so many each gets some.
        await Task.WhenAll(Enumerable.Range(1, 32).Select(n => grains.GetRoom("/", $"nobody-{n}").EmitAsync("said", "nothing")));
        await _machines[0].ClusterAsync(cluster => cluster.Elsewhere.Count(name => name == "doors of the directory") == silos, "a door in each silo");
        await host.StopAsync();
    }

    /// <summary>Begins to start one more, and does not wait until it is ready.</summary>
    public RunningCluster Add(params string[] arguments)
    {
        var machine = RunningCluster.Start(RunningCluster.FreePort(), [.. Arguments($"127.0.0.{_machines.Count + 1}"), .. arguments]);
        _machines.Add(machine);
        return machine;
    }

    private string[] Arguments(string address) =>
        ["--cluster", Database.Kind, "--connection-file", Database.ConnectionFile, "--secret-file", Database.SecretFile, "--advertise", address];

    private async Task<RunningCluster> StartAsync(int number, string[] arguments)
    {
        var address = _network?.AddressOf(number) ?? $"127.0.0.{number}";
        return await RunningCluster.StartAsync(
            _network?.NamespaceOf(number), _network is null ? RunningCluster.Here : address, Telling, [.. Arguments(address), .. arguments]);
    }

    [GeneratedRegex(@"^\[directory\] .* /: a home has started", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HomeLine();
}
