using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>Silos with a secret: who is let in, what the others get to see, and what a false silo does.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ConnectionProofTests : IAsyncLifetime
{
    private readonly string _files = Directory.CreateTempSubdirectory("oa-").FullName;
    private readonly WarningLog _siloLog = new();
    private string _secret = null!;
    private TestSilos _silos = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _secret = ClusterFile.DrawSecret(_files);
        _silos = await TestSilos.StartAsync(new TestSilosOptions
        {
            Silos = 2,
            Directory = directory => directory.SecretFile = _secret,
            Silo = silo => silo.Services.AddLogging(logging => logging.AddProvider(_siloLog)),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _silos.DisposeAsync();
        Directory.Delete(_files, recursive: true);
    }

    [Fact]
    public async Task Silos_and_clients_with_the_secret_are_one_cluster()
    {
        using var client = _silos.NewClient();
        await client.StartAsync(Cancellation).InTimeAsync();
        var grains = client.Services.GetRequiredService<IGrainFactory>();
        for (var silo = 0; silo < 2; silo++)
        {
            await _silos.PlaceHomeAsync($"/on-{silo}", silo);
            Assert.True(await _silos.HasHomeAsync($"/on-{silo}", silo));
            await grains.GetGrain<IHomeGrain>($"/on-{silo}").Status().InTimeAsync();
        }
        await client.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_service_that_uses_no_directory_is_let_in_with_the_secret()
    {
        using var client = NewClient(Gateway, client => client.UseClusterSecret(_secret));
        await client.StartAsync(Cancellation).InTimeAsync();
        await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancellation).InTimeAsync();
        await client.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_service_joins_a_run_with_one_line_that_names_its_directory()
    {
        new ClusterFile(TestSilos.ClusterId, TestSilos.ServiceId, [.. _silos.Gateways], _secret).Write(_files);
        var builder = NewBuilder();
        builder.UseOrleansClient(client => client.UseRunDirectory(_files));
        using var client = builder.Build();
        await client.StartAsync(Cancellation).InTimeAsync();
        await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancellation).InTimeAsync();
        await client.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData(TestSilos.ClusterId)]
    [InlineData("another-cluster")]
    public async Task A_client_without_the_secret_is_not_let_in_and_learns_nothing(string clusterId)
    {
        await using var relay = new Relay(Gateway.Port);
        using var client = NewClient(relay.EndPoint, clusterId: clusterId);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var starting = client.StartAsync(end.Token);
        await relay.FirstEnded.InTimeAsync();
        Assert.Equal(0, relay.Back);
        Assert.False(starting.IsCompletedSuccessfully);
        var line = await _siloLog.FirstAsync("was closed").InTimeAsync();
        Assert.Contains("did not offer to prove", line, StringComparison.Ordinal);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Fact]
    public async Task A_client_with_another_secret_is_told_so_in_its_log()
    {
        var other = ClusterFile.DrawSecret(Directory.CreateDirectory(Path.Combine(_files, "other")).FullName);
        var log = new WarningLog();
        using var client = NewClient(Gateway, client => client.UseClusterSecret(other), log: log);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var starting = client.StartAsync(end.Token);
        var line = await log.FirstAsync("cannot be used").InTimeAsync();
        Assert.Contains(other, line, StringComparison.Ordinal);
        Assert.Contains("SecretFile", line, StringComparison.Ordinal);
        Assert.Contains("does not have the cluster's secret", await _siloLog.FirstAsync("was closed").InTimeAsync(), StringComparison.Ordinal);
        Assert.False(starting.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Fact]
    public async Task A_port_of_somebody_elses_cannot_stand_before_a_silo_and_pass_the_proof_on()
    {
        await using var relay = new Relay(Gateway.Port);
        var log = new WarningLog();
        using var client = NewClient(relay.EndPoint, client => client.UseClusterSecret(_secret), log: log);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var starting = client.StartAsync(end.Token);
        await log.FirstAsync("cannot be used").InTimeAsync();
        Assert.False(starting.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Fact]
    public async Task A_false_silo_hears_a_nonce_and_a_proof_and_nothing_of_Orleans()
    {
        const int greetingAndNonce = 40;
        const int proof = 32;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var log = new WarningLog();
        using var client = NewClient((IPEndPoint)listener.LocalEndpoint, client => client.UseClusterSecret(_secret), log: log);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var starting = client.StartAsync(end.Token);
        using var victim = await listener.AcceptSocketAsync(Cancellation).AsTask().InTimeAsync();
        using var stream = new NetworkStream(victim);
        var heard = new byte[greetingAndNonce];
        await stream.ReadExactlyAsync(heard, Cancellation).AsTask().InTimeAsync();
        await stream.WriteAsync(heard, Cancellation);
        await stream.ReadExactlyAsync(new byte[proof], Cancellation).AsTask().InTimeAsync();
        await stream.WriteAsync(new byte[] { 1 }.Concat(new byte[proof]).ToArray(), Cancellation);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Cancellation).AsTask().InTimeAsync());
        await log.FirstAsync("cannot be used").InTimeAsync();
        Assert.False(starting.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Fact]
    public async Task The_ports_for_silos_ask_for_the_secret_as_well()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_silos.SiloEndPoints.Last(), Cancellation);
        await socket.SendAsync(new byte[100], Cancellation);
        Assert.Equal(0, await ReceiveAsync(socket).InTimeAsync());
        await _siloLog.FirstAsync($"port {_silos.SiloEndPoints.Last().Port} was closed").InTimeAsync();
    }

    [Fact]
    public async Task A_file_that_is_no_secret_stops_the_start_and_is_named()
    {
        var file = Path.Combine(_files, "short");
        await File.WriteAllTextAsync(file, "short", Cancellation);
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        using var client = _silos.NewClient(directory: directory => directory.SecretFile = file);
        var wrong = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => client.StartAsync(Cancellation));
        Assert.Contains($"DirectoryOptions.SecretFile: {file} holds 5 bytes", wrong.Message, StringComparison.Ordinal);
    }

    private IPEndPoint Gateway => IPEndPoint.Parse(_silos.Gateways.First());

    private static async Task<int> ReceiveAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], Cancellation);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    private static HostApplicationBuilder NewBuilder() => new(new HostApplicationBuilderSettings { DisableDefaults = true });

    /// <summary>A client of the host's own, as another service has it.</summary>
    private static IHost NewClient(
        IPEndPoint gateway, Action<IClientBuilder>? secure = null, string clusterId = TestSilos.ClusterId, ILoggerProvider? log = null)
    {
        var builder = NewBuilder();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(gateway);
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (clusterId, TestSilos.ServiceId));
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromMilliseconds(100));
            client.UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
                return true;
            });
            secure?.Invoke(client);
        });
        return builder.Build();
    }
}
