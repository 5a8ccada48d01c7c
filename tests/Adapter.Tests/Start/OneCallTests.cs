using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Grains.Testing;

namespace OrleansAdapter.Tests.Start;

/// <summary><c>builder.AddOrleansAdapter()</c>: all of it in one call, on any builder.</summary>
public sealed class OneCallTests(OrleansStartTests.Cluster cluster) : IClassFixture<OrleansStartTests.Cluster>
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    public async Task It_is_enough_for_a_server_and_may_be_called_twice(bool isWeb, int calls)
    {
        var builder = NewBuilder(isWeb, ("OrleansAdapter:ServerName", "configured"), ("OrleansAdapter:MaximumPendingRequests", "7"));
        builder.AddOrleansAdapter(options =>
        {
            options.ServerName += " and changed";
            options.Namespaces.Add("/one");
        });
        if (calls == 2)
        {
            builder.AddOrleansAdapter(options => options.Namespaces.Add("/two"));
        }
        builder.Services.AddEmitter();
        using var host = Build(builder);
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();

        Assert.IsType<InProcessDirectory>(host.Services.GetRequiredService<IDirectory>());
        var options = host.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>().Value;
        Assert.Equal(("configured and changed", 7), (options.ServerName, options.MaximumPendingRequests));
        Assert.Equal(calls == 2 ? ["/one", "/two"] : ["/one"], options.Namespaces.Order(StringComparer.Ordinal));
        var emitter = host.Services.GetRequiredService<Emitter>();
        Assert.Equal("configured and changed", Assert.Single(await emitter.ServersAsync(TestContext.Current.CancellationToken).InTimeAsync()).Name);
        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(("orleansadapter", HealthStatus.Healthy), (Assert.Single(health.Entries).Key, health.Status));
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_code_says_counts_and_not_the_configuration_wherever_it_is_said(bool before)
    {
        var builder = NewBuilder(isWeb: false, ("OrleansAdapter:ServerName", "configured"));
        if (before)
        {
            builder.Services.AddEmitter(options => options.ServerName += " and changed");
        }
        builder.AddOrleansAdapter();
        if (!before)
        {
            builder.Services.AddEmitter(options => options.ServerName += " and changed");
        }
        using var host = Build(builder);
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal("configured and changed", host.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>().Value.ServerName);
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_section_says_where_the_directory_is_also_where_it_is_added_alone_before_or_after(bool? alsoBefore)
    {
        var builder = NewBuilder(isWeb: false, InSection());
        var section = builder.Configuration.GetSection(DirectoryOptions.Section);
        if (alsoBefore == true)
        {
            builder.Services.AddDirectory(section);
        }
        builder.AddOrleansAdapter();
        if (alsoBefore == false)
        {
            builder.Services.AddDirectory(section);
        }
        await AssertIsOnOrleansAsync(builder);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_Orleans_client_of_the_host_is_used_in_any_order(bool adapterFirst)
    {
        var builder = NewBuilder(isWeb: true);
        InOrder(adapterFirst, () => builder.AddOrleansAdapter(), () => builder.UseOrleansClient(client =>
        {
            cluster.Silos.Reach(client);
            client.AddOrleansDirectory();
        }));
        await AssertIsOnOrleansAsync(builder);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_is_not_in_two_clusters(bool adapterFirst)
    {
        var builder = NewBuilder(isWeb: false, InSection());
        var exception = Assert.Throws<InvalidOperationException>(
            () => InOrder(adapterFirst, () => builder.AddOrleansAdapter(), () => builder.UseOrleansClient(client =>
        {
            cluster.Silos.Reach(client);
            client.AddOrleansDirectory();
        })));
        Assert.StartsWith("The section OrleansAdapter:Directory names an Orleans cluster", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_web_application_under_a_primary_listens_where_that_one_says_and_nowhere_else(bool alsoAlone)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sock");
        var builder = (WebApplicationBuilder)NewBuilder(isWeb: true, ("OrleansAdapter:Front:ListenPath", path));
        if (alsoAlone)
        {
            builder.WebHost.UsePrimary();
        }
        builder.AddOrleansAdapter();
        await using var app = builder.Build();
        app.MapGet("/", () => "here");
        await app.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();

        Assert.Equal([$"http://unix:{path}"], app.Urls);
        using var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancellationToken) => await ConnectAsync(path, cancellationToken) };
        using var http = new HttpClient(handler);
        Assert.Equal("here", await http.GetStringAsync(new Uri("http://worker/"), TestContext.Current.CancellationToken).InTimeAsync());
        await app.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    private (string Key, string Value)[] InSection() =>
    [
        .. cluster.Silos.Gateways.Select((gateway, i) => ($"OrleansAdapter:Directory:Gateways:{i}", gateway)),
        ("OrleansAdapter:Directory:ClusterId", TestSilos.ClusterId),
        ("OrleansAdapter:Directory:ServiceId", TestSilos.ServiceId),
    ];

    private static IHostApplicationBuilder NewBuilder(bool isWeb, params (string Key, string Value)[] settings)
    {
        IHostApplicationBuilder builder = isWeb
            ? WebApplication.CreateSlimBuilder()
            : new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        if (isWeb)
        {
            builder.Configuration["urls"] = $"http://{IPAddress.Loopback}:0";
        }
        return builder;
    }

    private static IHost Build(IHostApplicationBuilder builder) =>
        builder is WebApplicationBuilder web ? web.Build() : ((HostApplicationBuilder)builder).Build();

    private static void InOrder(bool adapterFirst, Action adapter, Action orleans)
    {
        (adapterFirst ? adapter : orleans)();
        (adapterFirst ? orleans : adapter)();
    }

    private static async Task AssertIsOnOrleansAsync(IHostApplicationBuilder builder)
    {
        builder.Services.AddEmitter();
        using var host = Build(builder);
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.IsType<OrleansDirectory>(host.Services.GetRequiredService<IDirectory>());
        await host.Services.GetRequiredService<Emitter>().Of("/chat").Emit("said").InTimeAsync();
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    private static async Task<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
