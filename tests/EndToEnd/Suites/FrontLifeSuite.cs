using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What clients of the front port see when workers hang or are replaced.</summary>
public abstract class FrontLifeSuite(FrontLifeCluster shared)
{
    [Fact(Timeout = 120_000)]
    public async Task A_reload_under_load_replaces_all_workers_and_who_is_connected_misses_nothing()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var notify = Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
        manager.Bind(new UnixDomainSocketEndPoint(notify));
        try
        {
            await using var clients = JavaScriptClients.StartSocketIO();
            await using var cluster = await RunningCluster.StartAsync([("NOTIFY_SOCKET", notify)]);
            Assert.Equal("READY=1", await NextAsync(manager));
            var before = await cluster.StatusAsync();
            List<JavaScriptClient> members = [];
            for (var i = 0; i < 2 * RunningCluster.Workers; i++)
            {
                members.Add(await clients.StayAsync(cluster.Front, "room"));
            }
            var publishers = members.Where((_, i) => i % 2 == 0).ToArray();
            await Task.WhenAll(publishers.Select(client => client.LoadAsync("room", go: true)));

            var (exitCode, output, error) = await ProgramRun.RunAsync(
                "Silo", cluster.Temporary, ["reload", "--port", cluster.Port.ToString(CultureInfo.InvariantCulture)]);

            Assert.Equal("", error);
            Assert.StartsWith("reloaded", output);
            Assert.Equal(0, exitCode);
            Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await NextAsync(manager));
            Assert.Equal("READY=1", await NextAsync(manager));
            var after = await cluster.StatusAsync();
            Assert.Equal(before.Workers.Select(worker => worker.Name), after.Workers.Select(worker => worker.Name));
            Assert.Empty(before.Workers.Select(worker => worker.Pid).Intersect(after.Workers.Select(worker => worker.Pid)));
            Assert.All(after.Workers, worker => Assert.Equal(("active", 0), (worker.State, worker.Restarts)));
            Assert.Equal(before.Directory!.Pid, after.Directory!.Pid);
            await OperatingSystemProcesses.UntilGoneAsync([.. before.Workers.Select(worker => worker.Pid)]);

            var acknowledged = publishers.ToDictionary(p => p, p => p.Acknowledged.Count);
            await Task.WhenAll(publishers.Select(p => p.Acknowledged.UntilAsync(acknowledged[p] + 20, "messages after the reload")));
            await Task.WhenAll(publishers.Select(client => client.RestAsync()));
            Histories.CheckConnected(publishers, members);
            await members[0].CallAsync("say", "room", new { from = "end", n = 1 });
            await Task.WhenAll(members.Select(member => member.Said.FirstAsync(said => said.Contains("\"end\""), "the last message")));

            OperatingSystemProcesses.Signal(cluster.PrimaryId, OperatingSystemProcesses.Terminate);
            Assert.Equal("STOPPING=1", await NextAsync(manager));
            Assert.Equal(0, await cluster.EndAsync());
        }
        finally
        {
            File.Delete(notify);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_that_hangs_is_replaced()
    {
        var cluster = shared.Cluster;
        var restarts = (await cluster.StatusAsync()).Workers.Select(worker => worker.Restarts).ToArray();
        var hangs = cluster.ProcessOf("worker-2");
        var before = cluster.Lines.Count;

        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Stop);

        var line = await cluster.LineAsync("worker-2  pid ", before);
        Assert.Contains("hangs", line.Text);
        await OperatingSystemProcesses.UntilGoneAsync([hangs]);
        var status = await cluster.StatusAsync(status => status.Workers.Count(worker => worker.State == "active") == 2, "two workers");
        Assert.Equal([restarts[0], restarts[1] + 1], status.Workers.Select(worker => worker.Restarts));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reload_with_workers_that_do_not_start_leaves_the_old_ones_where_they_are()
    {
        var cluster = shared.Cluster;
        try
        {
            var before = await cluster.StatusAsync();
            shared.HaveWorkersRun("exit 3");

            var (exitCode, output, error) = await ProgramRun.RunAsync("Silo", cluster.Temporary, ["reload"]);

            Assert.Equal((1, ""), (exitCode, output));
            Assert.Contains("given up", error);
            await cluster.LineAsync("reload given up at worker-1");
            var after = await cluster.StatusAsync();
            Assert.Equal(before.Workers.Select(worker => worker.Pid), after.Workers.Select(worker => worker.Pid));
            var (_, table, _) = await ProgramRun.RunAsync("Silo", cluster.Temporary, ["status"]);
            Assert.All(after.Workers, worker => Assert.Contains(worker.Pid.ToString(CultureInfo.InvariantCulture), table));
        }
        finally
        {
            shared.HaveWorkersRun(FrontLifeCluster.WebWorker);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task With_a_certificate_every_port_serves_TLS_as_well()
    {
        var cluster = shared.Cluster;
        var ready = cluster.Lines.All.First(line => line.Text.StartsWith("ready ", StringComparison.Ordinal));
        Assert.EndsWith($"http://127.0.0.1:{cluster.Port}, https://127.0.0.1:{cluster.Port}", ready.Text);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == shared.Certificate.GetCertHashString();
        using var http = new HttpClient(handler);

        foreach (
            var (version, port) in new[] { (HttpVersion.Version11, cluster.Port), (HttpVersion.Version20, cluster.Port), (HttpVersion.Version20,
                cluster.Port + 2) })
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, $"https://localhost:{port}/healthz/ready")
            { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal("Healthy", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal("Healthy", await http.GetStringAsync(cluster.Front + "/healthz/ready", TestContext.Current.CancellationToken));

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri($"wss://localhost:{cluster.Port}/socket.io/?EIO=4&transport=websocket"), http, TestContext.Current.CancellationToken);
        var buffer = new byte[1000];
        var length = (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken)).Count;
        Assert.Contains("\"sid\"", Encoding.UTF8.GetString(buffer, 0, length));
    }

    private static async Task<string> NextAsync(Socket manager)
    {
        var buffer = new byte[1000];
        return Encoding.ASCII.GetString(buffer, 0, await manager.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
    }
}

/// <summary>Two workers, which run what the tests say, with a certificate; who hangs is soon replaced.</summary>
public sealed class FrontLifeCluster : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oa-");
    private RunningCluster? _cluster;

    /// <summary>The command of a worker that works.</summary>
    internal static string WebWorker { get; } = $"exec dotnet {Checkout.Program("WebWorker")}";

    internal RunningCluster Cluster => _cluster!;

    internal X509Certificate2 Certificate { get; private set; } = null!;

    /// <summary>Has workers that start from now on run a command.</summary>
    internal void HaveWorkersRun(string command)
    {
        File.WriteAllText(PathOf("worker"), $"#!/bin/sh\n{command}\n");
        File.SetUnixFileMode(PathOf("worker"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public async ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(PathOf("certificate.pem"), Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(PathOf("key.pem"), key.ExportPkcs8PrivateKeyPem());
        HaveWorkersRun(WebWorker);
        _cluster = await RunningCluster.StartAsync(
            "--workers", "2", "--worker", PathOf("worker"), "--hung", "10", "--certificate", PathOf("certificate.pem"), "--key", PathOf("key.pem"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        Certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
