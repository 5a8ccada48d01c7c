using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Ported;

public sealed class RidesAfterTests(RidesAfter application) : RidesSuite(application), IClassFixture<RidesAfter>;

public sealed class RidesBeforeTests(RidesBefore application) : RidesSuite(application), IClassFixture<RidesBefore>;

/// <summary>What it became: three workers under a primary.</summary>
public sealed class RidesAfter : RidesApplication, IAsyncLifetime
{
    private RunningCluster? _cluster;

    public override void Needed()
    {
    }

    public override string Url(int server) => _cluster!.Url(server);

    public async ValueTask InitializeAsync() => _cluster = await RunningCluster.StartAsync(
        [("ORLEANSADAPTER_WEBWORKER", Checkout.Program("samples/ported/from-signalr/after", "RidesAfter")), ("Jwt__Key", RideClient.Key)]);

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}

/// <summary>What it was: three processes and a Redis.</summary>
public sealed class RidesBefore : RidesApplication, IAsyncLifetime
{
    private readonly List<Process> _servers = [];
    private readonly int _port = RunningCluster.FreePort();
    private TestDatabase? _redis;

    public override void Needed()
    {
        FullRun.Needed("What it became is tested in every run (RidesAfterTests).");
        Assert.SkipWhen(_redis is null, "Needs Debian's redis-server, which test.sh installs.");
    }

    public override string Url(int server) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port + server}");

    public async ValueTask InitializeAsync()
    {
        if (!FullRun.IsOn || !TestDatabase.HasRedis)
        {
            return;
        }
        _redis = await TestDatabase.StartAsync("redis");
        var connection = (await File.ReadAllTextAsync(_redis.ConnectionFile)).Trim();
        for (var server = 1; server <= RunningCluster.Workers; server++)
        {
            var start = new ProcessStartInfo("dotnet", [Checkout.Program("samples/ported/from-signalr/before", "RidesBefore"), "--urls", Url(server)])
            {
                RedirectStandardOutput = true,
            };
            start.Environment["ConnectionStrings__Redis"] = connection;
            start.Environment["Jwt__Key"] = RideClient.Key;
            _servers.Add(Process.Start(start)!);
            var lines = new EventLog<string>($"server {server}");
            _ = lines.ReadAsync(_servers[^1].StandardOutput);
            await lines.FirstAsync(line => line.Contains("Application started", StringComparison.Ordinal), "its start");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            server.Kill(entireProcessTree: true);
            server.Dispose();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }
}
