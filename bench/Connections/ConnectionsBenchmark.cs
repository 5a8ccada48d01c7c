using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Bench.Connections;

/// <summary>
/// What an idle Socket.IO connection over WebSocket costs the server: managed heap and resident memory, beside the same with a bare WebSocket.
/// </summary>
internal static class ConnectionsBenchmark
{
    private const int Warmup = 200;
    private const int Count = 5000;

    /// <summary>The budget: heap of an idle connection.</summary>
    private const double BudgetKilobytes = 12;

    public static async Task<int> RunAsync()
    {
        var bare = await MeasureAsync("bare");
        var engineIO = await MeasureAsync("engine.io");
        var socketIO = await MeasureAsync("socket.io");
        Console.WriteLine($"{Count} idle connections over WebSocket, per connection:");
        Console.WriteLine($"  bare WebSocket on Kestrel   {bare.Heap,6:F2} KB heap  {bare.Resident,6:F2} KB resident");
        Console.WriteLine($"  Engine.IO                   {engineIO.Heap,6:F2} KB heap  {engineIO.Resident,6:F2} KB resident");
        Console.WriteLine(
            $"  Socket.IO                   {socketIO.Heap,6:F2} KB heap  {socketIO.Resident,6:F2} KB resident   (budget: {BudgetKilobytes} KB heap)");
        return socketIO.Heap <= BudgetKilobytes ? 0 : 1;
    }

    private static async Task<(double Heap, double Resident)> MeasureAsync(string kind)
    {
        await using var app = await StartAsync();
        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        using var warmup = await IdleClients.StartAsync(kind, port, Warmup);
        var before = Memory();
        using var clients = await IdleClients.StartAsync(kind, port, Count);
        var after = Memory();
        return ((after.Heap - before.Heap) / 1024.0 / Count, (after.Resident - before.Resident) / 1024.0 / Count);
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0)).UseUrls();
        builder.Services.AddDirectory();
        builder.Services.AddSocketIO();
        var app = builder.Build();
        app.UseWebSockets();
        app.Map("/bare", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        });
        app.MapSocketIO();
        app.Services.GetRequiredService<SocketIOServer>().On("hello", (string name) => name);
        await app.StartAsync();
        return app;
    }

    private static (long Heap, long Resident) Memory()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        using var process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64);
    }

    /// <summary>The clients' process: opens connections, says so, and holds them until its input ends.</summary>
    public static async Task<int> RunClientsAsync(string kind, string port, string count)
    {
        var clients = await IdleClients.OpenAsync(kind, int.Parse(port, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture));
        if (kind == IdleClients.Reading)
        {
            clients.ForEach(client => _ = IdleClients.DrainAsync(client));
        }
        Console.WriteLine("open");
        await Console.In.ReadLineAsync();
        clients.ForEach(client => client.Dispose());
        return 0;
    }
}
