using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.Grains;

namespace OrleansAdapter.Bench.Directory;

/// <summary>An Orleans cluster of one silo, which hosts the directory. Its address, which processes tell each other, is "silo port,gateway port".</summary>
internal static class Cluster
{
    public static string FreeAddress() => string.Join(',', FreePorts.Take(2));

    /// <summary>Starts its silo in this process.</summary>
    public static async Task<IHost> StartSiloAsync(string address)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddOrleansDirectorySilo(OptionsFor(address), directory => directory.FirstStart = true);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>Starts a server in this process, with an Orleans client of its own.</summary>
    public static Task<BenchServer> StartServerAsync(string address) =>
        BenchServer.StartAsync(services => services.AddOrleansDirectoryClient(OptionsFor(address)));

    public static DirectoryClusterOptions OptionsFor(string address)
    {
        var ports = address.Split(',').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToArray();
        return new DirectoryClusterOptions { ClusterId = "bench", SiloPort = ports[0], GatewayPort = ports[1], Gateways = { $"127.0.0.1:{ports[1]}" } };
    }
}
