using System.Runtime.Versioning;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>
/// Connections of Orleans end when their other end is silent. That it is told to their sockets depends on this version of Orleans, which shows these to nobody.
/// What comes of it on a network that is cut, CutTests see.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class StuckConnectionsTests
{
    [Fact]
    public async Task Every_connection_of_silos_and_clients_gives_up_after_a_while()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "NOT TESTED HERE: only Linux has the limit.");
        var connections = new Connections();
        await using var silos = await TestSilos.StartAsync(new TestSilosOptions
        {
            Silos = 2,
            Silo = silo => connections.Watch(silo.Services),
            Client = client => connections.Watch(client.Services),
        });
        using var client = silos.NewClient();
        await client.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();

        foreach (var kind in new[] { "client", "gateway", "silo out", "silo in" })
        {
            await Wait.UntilAsync(
                () => Task.FromResult(connections.LimitsOf(kind)),
                limits => limits.Count > 0 && limits.All(limit => limit == StuckConnections.Limit),
                $"The limits of connections ({kind})");
        }
        await client.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The limits of connections, by their kinds, seen behind what sets them.</summary>
    private sealed class Connections
    {
        private readonly List<(string Kind, TimeSpan? Limit)> _seen = [];

        public void Watch(IServiceCollection services)
        {
            StuckConnections.End(services);
            services.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.Use(See("client"))));
            services.Configure<SiloConnectionOptions>(options =>
            {
                options.ConfigureSiloOutboundConnection(connection => connection.Use(See("silo out")));
                options.ConfigureSiloInboundConnection(connection => connection.Use(See("silo in")));
                options.ConfigureGatewayInboundConnection(connection => connection.Use(See("gateway")));
            });
        }

        public IReadOnlyList<TimeSpan?> LimitsOf(string kind)
        {
            lock (_seen)
            {
                return [.. _seen.Where(seen => seen.Kind == kind).Select(seen => seen.Limit)];
            }
        }

        private Func<ConnectionDelegate, ConnectionDelegate> See(string kind) => next => connection =>
        {
            lock (_seen)
            {
                _seen.Add((kind, StuckConnections.LimitOf(connection)));
            }
            return next(connection);
        };
    }
}
