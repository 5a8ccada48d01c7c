using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.SocketIO.Tests;

namespace OrleansAdapter.Tests.Start;

/// <summary>Hosts with an Orleans silo or client of their own: it does not matter what is added first, nor on which builder.</summary>
public sealed class OrleansStartTests(OrleansStartTests.Cluster cluster) : IClassFixture<OrleansStartTests.Cluster>
{
    /// <summary>The way to a host.</summary>
    public enum Builder
    {
        HostApplicationBuilder,
        WebApplicationBuilder,
        HostOfWebApplicationBuilder,
        HostBuilder,
    }

    public static TheoryData<Builder, bool, bool, bool> Ways()
    {
        var ways = new TheoryData<Builder, bool, bool, bool>();
        foreach (var (isSilo, adapterFirst) in from a in Both from b in Both select (a, b))
        {
            foreach (var builder in Enum.GetValues<Builder>())
            {
                ways.Add(builder, isSilo, adapterFirst, false);
            }
            ways.Add(Builder.HostApplicationBuilder, isSilo, adapterFirst, true);
        }
        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_host_starts_in_any_order(Builder builder, bool isSilo, bool adapterFirst, bool concurrently)
    {
        using var log = new TestLog();
        using var host = Build(
            builder,
            adapterFirst,
            services =>
            {
                services.AddLogging(logging => logging.AddProvider(log));
                services.Configure<HostOptions>(options => options.ServicesStartConcurrently = concurrently);
                services.AddEmitter(options => options.Namespaces.Add("/chat"));
            },
            silo => silo.AddOrleansDirectory(directory => directory.FirstStart = true),
            client => client.AddOrleansDirectory(),
            isSilo);
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.IsType<OrleansDirectory>(host.Services.GetRequiredService<IDirectory>());
        var emitter = host.Services.GetRequiredService<Emitter>();
        Assert.Equal(0, await emitter.Of("/chat").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.DoesNotContain(log.Lines, line => line.Text.Contains("runs in this process", StringComparison.Ordinal));
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_Orleans_without_the_directory_fails_the_start_and_says_what_to_call(bool isSilo, bool adapterFirst)
    {
        using var host = Build(Builder.HostApplicationBuilder, adapterFirst, services => services.AddEmitter().AddDirectory(), _ => { }, _ => { }, isSilo);
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(
            "This process has an Orleans silo or client without the directory: call AddOrleansDirectory() on its builder, in UseOrleans or UseOrleansClient, "
            + "and on every silo of the cluster.",
            exception.Message);
    }

    [Fact]
    public async Task A_start_that_waits_for_an_Orleans_that_nobody_starts_says_so()
    {
        using var log = new TestLog();
        var time = new ManualTime();
        using var stopping = new CancellationTokenSource();
        using var host = Build(
            Builder.HostApplicationBuilder,
            adapterFirst: false,
            services =>
            {
                services.RemoveAll<IHostedService>();
                services.RemoveAll<TimeProvider>();
                services.AddSingleton<TimeProvider>(time).AddLogging(logging => logging.AddProvider(log)).AddEmitter();
            },
            _ => { },
            client => client.AddOrleansDirectory(),
            isSilo: false);
        var start = host.StartAsync(stopping.Token);
        bool Says(string text) => log.Lines.Any(line => line.Level == LogLevel.Warning && line.Text.StartsWith(text, StringComparison.Ordinal));
        await InTime.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return Says("The directory has not answered for ");
        });
        Assert.False(start.IsCompleted);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.InTimeAsync());
    }

    private static readonly bool[] Both = [false, true];

    private IHost Build(
        Builder kind, bool adapterFirst, Action<IServiceCollection> adapter, Action<ISiloBuilder> silo, Action<IClientBuilder> client, bool isSilo)
    {
        void Silo(ISiloBuilder builder)
        {
            TestSilos.BeAlone(builder);
            silo(builder);
        }
        void Client(IClientBuilder builder)
        {
            cluster.Silos.Reach(builder);
            client(builder);
        }
        switch (kind)
        {
            case Builder.HostBuilder:
                var old = new HostBuilder();
                InOrder(() => old.ConfigureServices(adapter), () => _ = isSilo ? old.UseOrleans(Silo) : old.UseOrleansClient(Client));
                return old.Build();
            case Builder.HostApplicationBuilder:
                var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
                InOrder(() => adapter(builder.Services), () => _ = isSilo ? builder.UseOrleans(Silo) : builder.UseOrleansClient(Client));
                return builder.Build();
            default:
                var web = WebApplication.CreateSlimBuilder();
                web.WebHost.UseUrls("http://127.0.0.1:0");
                web.Logging.ClearProviders();
                InOrder(() => adapter(web.Services), () =>
                {
                    if (kind == Builder.WebApplicationBuilder)
                    {
                        _ = isSilo ? web.UseOrleans(Silo) : web.UseOrleansClient(Client);
                    }
                    else
                    {
                        _ = isSilo ? web.Host.UseOrleans(Silo) : web.Host.UseOrleansClient(Client);
                    }
                });
                return web.Build();
        }

        void InOrder(Action adapter, Action orleans)
        {
            (adapterFirst ? adapter : orleans)();
            (adapterFirst ? orleans : adapter)();
        }
    }

    public sealed class Cluster : IAsyncLifetime
    {
        public TestSilos Silos { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Silos = await TestSilos.StartAsync();

        public ValueTask DisposeAsync() => Silos.DisposeAsync();
    }
}
