using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// A cluster whose clients may come back, whose publishers wait longer than the directory may be gone, so that what is said meanwhile arrives in the end, and
/// whose middlewares run again for who comes back. It logs why a client does not.
/// </summary>
public sealed class PatientCluster() : SharedCluster(
    [
        .. RecoveryCluster.Settings,
        ("OrleansAdapter__RequestsTimeout", "00:00:20"),
        ("SocketIO__ConnectionStateRecovery__SkipMiddlewares", "false"),
        ("Logging__LogLevel__OrleansAdapter.SocketIO", "Debug"),
    ]);

/// <summary>The classes that use it. Whatever a test kills is there again behind it.</summary>
[CollectionDefinition(nameof(PatientCluster))]
public sealed class PatientCollection : ICollectionFixture<PatientCluster>;

/// <summary>Official clients come back to their sessions whatever died, or are told that they cannot (docs/RECOVERY.md).</summary>
[Collection(nameof(PatientCluster))]
public sealed class RecoveryDeathTests(PatientCluster shared)
{
    private const int Limit = 120_000;
    private const int LongLimit = 600_000;

    private static readonly (string Version, string Transport)[] Kinds = [("4.6", "websocket"), ("4.7", "polling"), ("4.8", "upgrade")];

    private readonly string _room = Guid.NewGuid().ToString("N");

    [Fact(Timeout = Limit)]
    public async Task When_its_worker_is_killed_under_load_a_client_misses_nothing_and_middlewares_run_again_where_asked_to_and_what_it_repeats_is_done_once()
    {
        var cluster = shared.Cluster;
        await using var clients = JavaScriptClients.StartRecovering();
        await using var members = await MembersAsync(clients, cluster);
        await using var load = await Load.StartAsync(clients, cluster.Url(2), _room);
        await load.SaysAsync(20);
        await using var proxy = new BreakingProxy(cluster.Port + 1);
        var asker = await clients.OpenRecoverableAsync(proxy.Url, retries: 1_000);
        var watcher = await clients.OpenRecoverableAsync(cluster.Url(2));
        await watcher.CallAsync("join", "orders");
        var done = asker.RequestAsync("act", "orders", "first", "worker-1"); // which does it, and does not say so
        await watcher.HearsAsync("\"first\"");

        var returned = cluster.KillAsync("worker-1");
        members.LeadTo(cluster.Port + 3);
        proxy.Target = cluster.Port + 3;
        await members.RecoverAsync();
        var answer = (await done)!;
        Assert.Equal((false, "worker-3"), (answer["isFirst"]!.GetValue<bool>(), answer["server"]!.GetValue<string>()));
        Assert.True((await asker.RequestAsync("act", "orders", "second", ""))!["isFirst"]!.GetValue<bool>());
        Assert.False((await watcher.CallAsync("act", "orders", "second", ""))!["isFirst"]!.GetValue<bool>());
        await watcher.HearsAsync("\"second\"");
        Assert.Equal(["\"first\"", "\"second\""], watcher.Said.All);
        await load.SaysAsync(20);
        await returned;

        await members.HeardAsync(await load.RestAsync());
        foreach (var client in members.Clients)
        {
            Assert.Equal(2, (await client.CallAsync("whoami"))!["passed"]!.GetValue<int>());
        }
    }

    [Fact(Timeout = Limit)]
    public async Task When_the_directory_is_killed_who_was_connected_comes_back_from_the_next_break_and_when_a_worker_dies_with_it_is_told_that_it_cannot()
    {
        FullRun.Needed("The simulation has it in every run.");
        var cluster = shared.Cluster;
        await using var clients = JavaScriptClients.StartRecovering();
        await using var members = await MembersAsync(clients, cluster);
        await using var load = await Load.StartAsync(clients, cluster.Url(2), _room);
        await load.SaysAsync(20);

        await cluster.KillAsync("directory");
        await load.SaysAsync(20);
        await members.BreakAsync(cluster.Port + 3);
        await members.RecoverAsync();
        await members.HeardAsync(await load.RestAsync());

        await Task.WhenAll(cluster.KillAsync("directory"), cluster.KillAsync("worker-3"));
        members.LeadTo(cluster.Port + 1);
        foreach (var client in members.Clients)
        {
            var anew = await client.Connected.FirstAsync(entered => entered.Id != client.Id, "to be told that it begins anew", from: 1);
            Assert.False(anew.Recovered);
            client.Id = anew.Id;
            await client.CallAsync("join", _room);
        }
        await load.Publisher.CallAsync("say", _room, -1);
        await Task.WhenAll(members.Clients.Select(client => client.HearsAsync("-1")));
    }

    [Fact(Timeout = Limit)]
    public async Task When_its_worker_is_drained_under_load_a_client_loses_nothing_and_gets_nothing_twice()
    {
        var cluster = shared.Cluster;
        await using var clients = JavaScriptClients.StartRecovering();
        await using var members = await MembersAsync(clients, cluster);
        await using var load = await Load.StartAsync(clients, cluster.Url(2), _room);
        await load.SaysAsync(20);
        var (process, lines) = (cluster.ProcessOf("worker-1"), cluster.Lines.Count);

        members.LeadTo(cluster.Port);
        OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Terminate);
        await members.RecoverAsync();
        await cluster.LineAsync($"worker-1  pid {process}  ended with exit code 0");
        await load.SaysAsync(20);

        await members.HeardAsync(await load.RestAsync());
        await cluster.AnotherAsync("worker-1", lines);
    }

    [Theory(Timeout = LongLimit)]
    [InlineData(3)]
    [InlineData(200)]
    public async Task A_reload_under_load_costs_nobody_anything(int count)
    {
        FullRun.Needed("That of a worker that is drained under load, and a reload under load with clients that have no recovery, run always.");
        var cluster = shared.Cluster;
        await using var clients = JavaScriptClients.StartRecovering();
        await using var members = await MembersAsync(clients, cluster, worker: 0, count);
        await using var load = await Load.StartAsync(clients, cluster.Front, _room);
        await load.SaysAsync(20);

        var (exitCode, _, error) = await ProgramRun.RunAsync(
            "Silo", cluster.Temporary, ["reload", "--port", cluster.Port.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal(("", 0), (error, exitCode));
        await members.RecoverAsync();
        await load.SaysAsync(20);

        await members.HeardAsync(await load.RestAsync());
    }

    private Task<Members> MembersAsync(JavaScriptClients clients, RunningCluster cluster, int worker = 1, int? count = null) =>
        Members.JoinAsync(clients, cluster.Port + worker, Enumerable.Range(0, count ?? Kinds.Length).Select(i => Kinds[i % Kinds.Length]), _room);

    /// <summary>Clients in the room, each over a network of its own.</summary>
    private sealed class Members : IAsyncDisposable
    {
        private readonly List<BreakingProxy> _proxies = [];

        public List<JavaScriptClient> Clients { get; } = [];

        public static async Task<Members> JoinAsync(
            JavaScriptClients clients, int port, IEnumerable<(string Version, string Transport)> kinds, string room)
        {
            var members = new Members();
            foreach (var (version, transport) in kinds)
            {
                var proxy = new BreakingProxy(port);
                members._proxies.Add(proxy);
                var client = await clients.OpenRecoverableAsync(proxy.Url, version, transport);
                members.Clients.Add(client);
                await client.CallAsync("join", room);
            }
            return members;
        }

        /// <summary>The next connections go to a port.</summary>
        public void LeadTo(int port) => _proxies.ForEach(proxy => proxy.Target = port);

        /// <summary>Breaks all connections, until each client has noticed: one that polls might just ask on.</summary>
        public async Task BreakAsync(int port)
        {
            _proxies.ForEach(proxy => proxy.Break(RecoveryRun.Nowhere));
            await Task.WhenAll(Clients.Select(client => client.Closed.UntilAsync(1, "its connection's end")));
            LeadTo(port);
        }

        /// <summary>Waits until each is back, once or more often, always in its session.</summary>
        public async Task RecoverAsync()
        {
            foreach (var client in Clients)
            {
                await client.Connected.UntilAsync(2, "to be back");
                Assert.All(client.Connected.All, (entered, i) => Assert.Equal((client.Id, i > 0), (entered.Id, entered.Recovered)));
            }
        }

        /// <summary>Each has heard everything that was accepted, and all the same: in one order, and nothing twice.</summary>
        public async Task HeardAsync(IReadOnlyCollection<string> accepted)
        {
            foreach (var client in Clients)
            {
                var missing = accepted.ToHashSet(StringComparer.Ordinal);
                await client.Said.FirstAsync(
                    said =>
                    {
                        missing.Remove(said);
                        return missing.Count == 0;
                    },
                    "all that was accepted");
                var heard = client.Said.All;
                Assert.Equal(heard.Distinct(StringComparer.Ordinal), heard);
                Assert.Equal(heard.Order(Comparer<string>.Create((a, b) => Number(a).CompareTo(Number(b)))), heard);
            }

            static int Number(string said) => int.Parse(said, CultureInfo.InvariantCulture);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var proxy in _proxies)
            {
                await proxy.DisposeAsync();
            }
        }
    }

    /// <summary>Says 1, 2, 3, … to the room, each when the one before was accepted, or failed.</summary>
    private sealed class Load : IAsyncDisposable
    {
        /// <summary>It is a load, and leaves the machine time to start what was killed.</summary>
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

        private readonly string _room;
        private readonly EventLog<string> _accepted = new("the load");
        private Task _running = Task.CompletedTask;
        private volatile bool _rests;

        private Load(JavaScriptClient publisher, string room) => (Publisher, _room) = (publisher, room);

        public JavaScriptClient Publisher { get; }

        public static async Task<Load> StartAsync(JavaScriptClients clients, string url, string room)
        {
            var load = new Load(await clients.OpenRecoverableAsync(url), room);
            load._running = load.RunAsync();
            return load;
        }

        /// <summary>Waits until so many more were accepted.</summary>
        public Task SaysAsync(int more) => _accepted.UntilAsync(_accepted.Count + more, "more that is accepted");

        /// <summary>Ends it; returns what was accepted.</summary>
        public async Task<string[]> RestAsync()
        {
            _rests = true;
            await _running;
            return _accepted.All;
        }

        public async ValueTask DisposeAsync() => await RestAsync();

        private async Task RunAsync()
        {
            for (var n = 1; !_rests; n++)
            {
                try
                {
                    await Publisher.CallAsync("say", _room, n);
                    _accepted.Add(n.ToString(CultureInfo.InvariantCulture));
                }
                catch (ClientException)
                {
                    // Its own connection broke: nobody can say whether it was accepted, and it is not said again.
                }
                await Task.Delay(Pause, TestContext.Current.CancellationToken);
            }
        }
    }
}
