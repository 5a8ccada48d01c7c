using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.OnOrleans;

namespace OrleansAdapter.Bench.Directory;

/// <content>The directory as a silo, and servers as its clients. An address is "silo port,gateway port".</content>
internal static partial class Roles
{
    public static OrleansEngineOptions OrleansAt(string address)
    {
        var ports = address.Split(',').Select(port => int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        return new OrleansEngineOptions { ClusterId = "bench", SiloPort = ports[0], GatewayPort = ports[1], Gateways = { $"127.0.0.1:{ports[1]}" } };
    }

    /// <summary>A server with an Orleans client of its own.</summary>
    public static async Task<BenchServer> ServerOnOrleansAsync(string address)
    {
        var builder = NewHost();
        builder.Services.AddOrleansDirectoryClient(OrleansAt(address));
        var host = builder.Build();
        await host.StartAsync();
        return await BenchServer.StartAsync(services => services.AddSingleton(host.Services.GetRequiredService<IDirectory>()));
    }

    static partial void RunOrleans(string role, string address, Task end, ref Task<int>? run) => run = role switch
    {
        "orleans-host" => HostOrleansAsync(address, end),
        "orleans-receiver" => ReceiveOnOrleansAsync(address, end),
        "orleans-rooms" => ReceiveInRoomsAsync(address, end),
        _ => null,
    };

    private static async Task<int> HostOrleansAsync(string address, Task end)
    {
        var builder = NewHost();
        builder.Services.AddOrleansDirectorySilo(OrleansAt(address), firstStart: true);
        using var host = builder.Build();
        await host.StartAsync();
        Say("ready");
        await end;
        await host.StopAsync(new CancellationToken(canceled: true));
        return 0;
    }

    private static async Task<int> ReceiveOnOrleansAsync(string address, Task end)
    {
        var server = await ServerOnOrleansAsync(address);
        await ReceiveAsync(server, end);
        return 0;
    }

    /// <summary>One member in each of many rooms.</summary>
    private static async Task<int> ReceiveInRoomsAsync(string address, Task end)
    {
        var server = await ServerOnOrleansAsync(address);
        var receiver = new Receiver(server.Namespace.NewSocketId());
        await server.Namespace.ConnectAsync(receiver);
        await Task.WhenAll(Enumerable.Range(0, OrleansBenchmark.Rooms).Select(i => server.Namespace.JoinAsync(receiver, OrleansBenchmark.RoomOf(i))));
        var next = Next(receiver);
        Say("ready");
        while (await Task.WhenAny(end, next) != end)
        {
            next = Next(receiver);
            Say(Result.Of(receiver));
        }
        return 0;
    }

    private static HostApplicationBuilder NewHost() => new(new HostApplicationBuilderSettings { DisableDefaults = true });
}
