using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Connect;

/// <summary>
/// What the front port costs: connections per second, each with one small request, and messages of connections that stay; with connections handed
/// over and with the proxy.
/// </summary>
internal static class ConnectBenchmark
{
    private const int Workers = 2;
    private const int AtATime = 32;
    private const int Sockets = 16;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(8);
    private static readonly byte[] Request = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();
    private static readonly byte[] Hello = "{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray();
    private static readonly byte[] Call = "{\"type\":1,\"invocationId\":\"1\",\"target\":\"whoami\",\"arguments\":[]}\u001e"u8.ToArray();

    public static async Task<int> RunAsync()
    {
        Console.WriteLine($"The front port of {Workers} workers. Processor time is the primary's, in µs.");
        Console.WriteLine($"{"",-12}{"connections/s",15}{"per connection",16}{"messages/s",13}{"per message",13}");
        foreach (var front in new[] { "hand-over", "proxy" })
        {
            await using var server = await RunningServer.StartAsync(ServerList.Front(front), Workers);
            var port = server.Ports[0];
            await LoopsAsync(AtATime, Warmup, () => Task.FromResult<Func<Task>>(() => ConnectAsync(port)));
            var connections = await MeasureAsync(server, () => LoopsAsync(AtATime, Time, () => Task.FromResult<Func<Task>>(() => ConnectAsync(port))));
            await LoopsAsync(Sockets, Warmup, () => TalkAsync(port));
            var messages = await MeasureAsync(server, () => LoopsAsync(Sockets, Time, () => TalkAsync(port)));
            Console.WriteLine(
                $"{front,-12}{connections.PerSecond,15:N0}{connections.Microseconds,16:N1}{messages.PerSecond,13:N0}{messages.Microseconds,13:N2}");
        }
        return 0;
    }

    private static async Task<(double PerSecond, double Microseconds)> MeasureAsync(RunningServer server, Func<Task<long>> run)
    {
        int[] primary = [server.Processes[0]];
        var (user, kernel) = ProcessTree.ProcessorTime(primary);
        var watch = Stopwatch.StartNew();
        var count = await run();
        var seconds = watch.Elapsed.TotalSeconds;
        var (userThen, kernelThen) = ProcessTree.ProcessorTime(primary);
        return (count / seconds, (userThen - user + kernelThen - kernel) * 1e6 / count);
    }

    /// <summary>Does something again and again, several times at once; returns how often.</summary>
    private static async Task<long> LoopsAsync(int loops, TimeSpan time, Func<Task<Func<Task>>> prepare)
    {
        var actions = await Task.WhenAll(Enumerable.Range(0, loops).Select(_ => prepare()));
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(actions.Select(action => Task.Run(async () =>
        {
            long count = 0;
            for (; watch.Elapsed < time; count++)
            {
                await action();
            }
            return count;
        })));
        return counts.Sum();
    }

    private static async Task ConnectAsync(int port)
    {
        // Closed by a reset, so that no port of this machine has to rest behind it.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            LingerState = new LingerOption(enable: true, 0),
        };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Request);
        var buffer = new byte[1024];
        var answer = "";
        while (await socket.ReceiveAsync(buffer) is var length and > 0)
        {
            answer += Encoding.ASCII.GetString(buffer, 0, length);
        }
        if (!answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The answer was: {answer}");
        }
    }

    /// <summary>Connects a client that stays; what is returned sends a message and waits for the answer.</summary>
    private static async Task<Func<Task>> TalkAsync(int port)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/hub"), CancellationToken.None);
        var buffer = new byte[1024];
        await SayAsync(Hello);
        return () => SayAsync(Call);

        async Task SayAsync(byte[] message)
        {
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            while (!(await socket.ReceiveAsync(buffer, CancellationToken.None)).EndOfMessage)
            {
                // The rest of it.
            }
        }
    }
}
