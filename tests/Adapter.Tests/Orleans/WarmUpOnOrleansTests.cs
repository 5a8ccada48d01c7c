using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>A worker that warms up at a real silo: messages go round, and nobody can tell it afterwards.</summary>
public sealed class WarmUpOnOrleansTests : IAsyncLifetime, IDisposable
{
    private readonly TestLog _log = new();
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync();

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Messages_go_round_through_the_whole_stack_and_nothing_of_it_is_seen()
    {
        using var atSilo = new MetricsReader(_silos.Services());
        await using var worker = NewWorker();
        using var atWorker = new MetricsReader(worker.Services);

        await worker.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();

        var done = Assert.Single(_log.Lines, line => line.Text.StartsWith("This worker has warmed up", StringComparison.Ordinal)).Text;
        Assert.Matches(@" s: [1-9]\d+ messages went round, for which the runtime compiled [1-9]\d* methods", done);
        Assert.DoesNotContain(_log.Lines, line => line.Level >= LogLevel.Warning);

        var server = worker.Services.GetRequiredService<ThisServer>();
        Assert.Equal("/warm-up-test", Assert.Single(server.Namespaces).Name);
        Assert.Equal((0, 0, 0), (server.Draining.Count, server.Namespaces.Sum(one => one.HeldSockets), server.Sockets.Count().Values.Sum()));
        Assert.Equal(server.Process, Assert.Single(await server.ServersAsync(TestContext.Current.CancellationToken)).Process);
        Assert.Equal(
            (0, 0, 0, 0),
            (atWorker["orleansadapter.publishes"], atWorker["orleansadapter.deliveries"], atWorker["orleansadapter.connects"],
                atWorker["orleansadapter.sockets.ended"]));
        Assert.Equal((1, 0), (atSilo["orleansadapter.directory.epochs"], atSilo["orleansadapter.directory.operations"]));
        Assert.Equal(0, atSilo["orleansadapter.directory.lives.removed"]);
        var client = worker.Services.GetRequiredService<IClusterClient>();
        Assert.Equal("/warm-up-test", Assert.Single((await DirectoryView.ReadAsync(client)).Homes).Namespace);
        await LeftAsync(client);
        await worker.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    /// <summary>Waits until the homes of the warm-up have gone.</summary>
    private static async Task LeftAsync(IClusterClient client)
    {
        var management = client.GetGrain<IManagementGrain>(0);
        using var limit = new CancellationTokenSource(InTime.Limit);
        while ((await management.GetActiveGrains(HomeGrain.Type)).Count > 1)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    private WebApplication NewWorker()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.UseOrleansClient(client =>
        {
            _silos.Reach(client);
            client.AddOrleansDirectory();
        });
        builder.AddOrleansAdapter(options =>
        {
            options.WarmUp.Enabled = true;
            options.WarmUp.Limit = TimeSpan.FromSeconds(8);
            options.MapHub<Chat>("/warm-up-test");
        });
        builder.Services.AddSignalR().AddOrleansAdapter();
        builder.Services.AddSocketIO();
        return builder.Build();
    }

    private sealed class Chat : Hub;
}
