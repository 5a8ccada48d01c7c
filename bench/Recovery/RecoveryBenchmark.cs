using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Bench.Connections;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Bench.Recovery;

/// <summary>
/// Clients that come back to their sessions, with everything in one process: how long it takes to be back with what was missed, and what a session costs an
/// idle connection in memory, and all of them in processor time.
/// </summary>
internal static class RecoveryBenchmark
{
    private const int Warmup = 50;
    private const int Returns = 500;
    private const int Missed = 100;
    private const int Idle = 5_000;
    private const double BudgetMilliseconds = 50;
    private const double BudgetBytes = 300;

    public static async Task<int> RunAsync()
    {
        await using var app = await StartAsync(recovery: true);
        var times = new List<double>();
        for (var i = 0; i < Warmup + Returns; i++)
        {
            var took = await ComeBackAsync(app);
            if (i >= Warmup)
            {
                times.Add(took.TotalMilliseconds);
            }
        }
        times.Sort();
        var worst = times[times.Count * 99 / 100];
        Console.WriteLine($"{Returns} clients come back, from connecting until the last of {Missed} missed events is here:");
        Console.WriteLine($"  p50 {times[times.Count / 2]:F2} ms  p99 {worst:F2} ms   (budget: {BudgetMilliseconds} ms)");
        var (off, on) = (await MeasureHeapAsync("off"), await MeasureHeapAsync("on"));
        Console.WriteLine($"{Idle} idle connections, heap of each, the directory's share included:");
        Console.WriteLine($"  off {off:F0} B  on {on:F0} B: {on - off:F0} B for the session   (budget: {BudgetBytes} B)");
        await RecoveryLoad.MeasureEmitAsync();
        var isCheap = await RecoveryLoad.CompareAsync();
        return worst <= BudgetMilliseconds && on - off <= BudgetBytes && isCheap ? 0 : 1;
    }

    private static async Task<TimeSpan> ComeBackAsync(WebApplication app)
    {
        var url = new UriBuilder(Address(app)) { Scheme = "ws", Path = "/socket.io/", Query = "EIO=4&transport=websocket" }.Uri;
        var buffer = new byte[64 << 10];
        string id;
        string secret;
        using (var first = new ClientWebSocket())
        {
            await first.ConnectAsync(url, CancellationToken.None);
            await ReceiveAsync(first, buffer);
            await SendAsync(first, "40");
            var given = JsonDocument.Parse((await ReceiveAsync(first, buffer))[2..]).RootElement;
            (id, secret) = (given.GetProperty("sid").GetString()!, given.GetProperty("pid").GetString()!);
            first.Abort();
        }
        var io = app.Services.GetRequiredService<SocketIOServer>();
        for (var n = 1; n <= Missed; n++)
        {
            await io.To(id).Emit("said", n);
        }
        var began = Stopwatch.GetTimestamp();
        using var again = new ClientWebSocket();
        await again.ConnectAsync(url, CancellationToken.None);
        await SendAsync(again, $$"""40{"pid":"{{secret}}"}""");
        while (!(await ReceiveAsync(again, buffer)).StartsWith($"42[\"said\",{Missed},", StringComparison.Ordinal))
        {
        }
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>In a process of its own, where nothing else comes or goes: the median of three.</summary>
    private static async Task<double> MeasureHeapAsync(string recovery)
    {
        List<double> bytes = [];
        for (var i = 0; i < 3; i++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            {
                start.ArgumentList.Add(typeof(RecoveryBenchmark).Assembly.Location);
            }
            start.ArgumentList.Add("recovery-role");
            start.ArgumentList.Add(recovery);
            using var process = Process.Start(start)!;
            var line = await process.StandardOutput.ReadLineAsync();
            await process.WaitForExitAsync();
            bytes.Add(double.Parse(line ?? throw new InvalidOperationException("The process that measures memory ended early."), CultureInfo.InvariantCulture));
        }
        bytes.Sort();
        return bytes[1];
    }

    /// <summary>The role of that process: says how many bytes of heap an idle connection takes.</summary>
    public static async Task<int> RunHeapAsync(string recovery)
    {
        Console.WriteLine((await HeapAsync(recovery == "on")).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static async Task<double> HeapAsync(bool recovery)
    {
        await using var app = await StartAsync(recovery);
        var port = Address(app).Port;
        using var warmup = await IdleClients.StartAsync("socket.io", port, 200);
        var before = Heap();
        using var clients = await IdleClients.StartAsync("socket.io", port, Idle);
        return (double)(Heap() - before) / Idle;
    }

    private static long Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    public static async Task<WebApplication> StartAsync(bool recovery, bool keepsSockets = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0)).UseUrls();
        builder.Services.AddDirectory();
        builder.Services.AddSocketIO(options => options.ConnectionStateRecovery = recovery ? new ConnectionStateRecoveryOptions() : null);
        builder.Services.AddSingleton<ConnectedSockets>();
        var app = builder.Build();
        app.MapSocketIO();
        app.Services.GetRequiredService<SocketIOServer>().OnConnection(socket =>
        {
            if (keepsSockets)
            {
                app.Services.GetRequiredService<ConnectedSockets>().Add(socket);
            }
        });
        await app.StartAsync();
        return app;
    }

    public static Uri Address(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static async Task SendAsync(ClientWebSocket socket, string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private static async Task<string> ReceiveAsync(ClientWebSocket socket, byte[] buffer)
    {
        var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        return received.MessageType == WebSocketMessageType.Text
            ? Encoding.UTF8.GetString(buffer, 0, received.Count)
            : throw new InvalidOperationException("The server hung up.");
    }
}
