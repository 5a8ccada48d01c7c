using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What clients of the front port see when workers die, hang, or are replaced.</summary>
public abstract class FrontLifeSuite(params string[] arguments)
{
    private static readonly TimeSpan BackLimit = TimeSpan.FromSeconds(10);

    [Fact(Timeout = 120_000)]
    public async Task When_each_worker_in_turn_is_killed_under_load_its_clients_are_soon_elsewhere_and_the_others_lose_nothing()
    {
        await using var clients = JavaScriptClients.StartSocketIO();
        await using var cluster = await RunningCluster.StartAsync(arguments);
        for (var number = 1; number <= RunningCluster.Workers; number++)
        {
            var worker = $"worker-{number}";
            var room = $"room-{number}";
            List<(JavaScriptClient Client, string Worker)> members = [];
            for (var i = 0; i < 2 * RunningCluster.Workers; i++)
            {
                var client = await clients.StayAsync(cluster.Front, room);
                members.Add((client, (await client.CallAsync("whoami"))!["server"]!.GetValue<string>()));
            }
            var fall = members.Where(m => m.Worker == worker).Select(m => m.Client).ToArray();
            var stay = members.Where(m => m.Worker != worker).Select(m => m.Client).ToArray();
            Assert.NotEmpty(fall);
            Assert.NotEmpty(stay);
            await Task.WhenAll(stay.Select(client => client.LoadAsync(room)));
            await Task.WhenAll(stay.Select(client => client.Acknowledged.UntilAsync(50, "a load")));

            var watch = Stopwatch.StartNew();
            var returned = cluster.KillAsync(worker);
            await Task.WhenAll(fall.Select(async client =>
            {
                await client.Closed.UntilAsync(1, "the end of its connection");
                await client.ReconnectsAsync();
            }));
            Assert.True(watch.Elapsed < BackLimit, $"They were back after {watch.Elapsed}.");

            await Task.WhenAll(fall.Select(client => client.Joined.UntilAsync(2, "to be in the room again")));
            await Task.WhenAll(stay.Select(client => client.RestAsync()));
            await Histories.CheckAsync(stay, stay);
            Histories.CheckConnected(stay, [.. fall, .. stay]);
            Assert.All(stay, client => Assert.Equal(0, client.Closed.Count + client.Failed.Count));
            await returned;
            await Task.WhenAll(members.Select(member => member.Client.CloseAsync()));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reload_under_load_replaces_all_workers_and_who_is_connected_misses_nothing()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var notify = Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
        manager.Bind(new UnixDomainSocketEndPoint(notify));
        try
        {
            await using var clients = JavaScriptClients.StartSocketIO();
            await using var cluster = await RunningCluster.StartAsync([("NOTIFY_SOCKET", notify)], arguments);
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
        await using var cluster = await RunningCluster.StartAsync([.. arguments, "--hung", "3"]);
        var hangs = cluster.ProcessOf("worker-2");
        var before = cluster.Lines.Count;

        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Stop);

        var line = await cluster.LineAsync("worker-2  pid ", before);
        Assert.Contains("hangs", line.Text);
        await OperatingSystemProcesses.UntilGoneAsync([hangs]);
        var status = await cluster.StatusAsync(status => status.Workers.Count(worker => worker.State == "active") == RunningCluster.Workers, "three workers");
        Assert.Equal([0, 1, 0], status.Workers.Select(worker => worker.Restarts));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reload_with_workers_that_do_not_start_leaves_the_old_ones_where_they_are()
    {
        var program = Path.Combine(Path.GetTempPath(), $"worker-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec dotnet {Checkout.Program("WebWorker")}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            await using var cluster = await RunningCluster.StartAsync([.. arguments, "--worker", program]);
            var before = await cluster.StatusAsync();
            await File.WriteAllTextAsync(program, "#!/bin/sh\nexit 3\n", TestContext.Current.CancellationToken);

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
            File.Delete(program);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task With_a_certificate_every_port_serves_TLS_as_well()
    {
        var folder = Directory.CreateTempSubdirectory("oa-tls-");
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(
                DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            var (file, keyFile) = (Path.Combine(folder.FullName, "certificate.pem"), Path.Combine(folder.FullName, "key.pem"));
            await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
            await using var cluster = await RunningCluster.StartAsync([.. arguments, "--certificate", file, "--key", keyFile]);
            var ready = cluster.Lines.All.Single(line => line.Text.StartsWith("ready ", StringComparison.Ordinal));
            Assert.EndsWith($"http://127.0.0.1:{cluster.Port}, https://127.0.0.1:{cluster.Port}", ready.Text);
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == certificate.GetCertHashString();
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
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> NextAsync(Socket manager)
    {
        var buffer = new byte[1000];
        return Encoding.ASCII.GetString(buffer, 0, await manager.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
    }
}
