using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.Bench.Directory;

namespace OrleansAdapter.Bench.Scale;

/// <summary>What the calls at rest cost on Orleans: a silo in a process of its own, and servers in this one, each with an Orleans client of its own.</summary>
internal static class RestOnOrleans
{
    private const int Servers = 10;
    private const int Namespaces = 100;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Processor time for each server in a namespace and each second, of the silo and of the servers: what many namespaces take more than one does.
    /// </summary>
    public static async Task<(TimeSpan Silo, TimeSpan Server)> MeasureAsync()
    {
        var (few, many) = (await MeasureAsync(namespaces: 1), await MeasureAsync(Namespaces));
        var lives = Servers * (Namespaces - 1) * Length.TotalSeconds;
        return ((many.Silo - few.Silo) / lives, (many.Servers - few.Servers) / lives);
    }

    private static async Task<(TimeSpan Silo, TimeSpan Servers)> MeasureAsync(int namespaces)
    {
        var address = Cluster.FreeAddress();
        await using var silo = await Child.StartAsync("directory-role", "silo", address);
        var hosts = await Task.WhenAll(Enumerable.Range(0, Servers).Select(_ => StartAsync(address, namespaces)));
        await Task.Delay(Warm);
        using var process = Process.GetCurrentProcess();
        process.Refresh();
        var (ofSilo, own) = (silo.ProcessorTime, process.TotalProcessorTime);
        await Task.Delay(Length);
        process.Refresh();
        var took = (silo.ProcessorTime - ofSilo, process.TotalProcessorTime - own);
        foreach (var host in hosts)
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }
        return took;
    }

    private static async Task<IHost> StartAsync(string address, int namespaces)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddOrleansDirectoryClient(Cluster.OptionsFor(address));
        builder.Services.AddOrleansAdapter(options => options.Namespaces.UnionWith(Enumerable.Range(1, namespaces).Select(number => $"/{number}")));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
