using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.LiveFuzz;

/// <summary>
/// A cluster whose processes may each have a heap of 200 MB, as in a container: floods that announce much, hold much or are almost right end none of them, and
/// an honest pair still talks.
/// </summary>
public sealed class HeapLimitTests(ITestOutputHelper output)
{
    private const string HeapLimit = "0xC800000"; // 200 MB; the variable is hexadecimal with or without the prefix
    private const int Announcements = 900;
    private const int Rooms = 10_000;
    private const int Unfinished = 60;

    private static readonly TimeSpan Fuzz = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Floods_end_no_process_that_has_a_small_heap()
    {
        FullRun.Needed("The bounds themselves are tested in every run: UnfinishedTests, UnfinishedPacketTests, RoomLimitTests, LiveFuzzTests.");
        await using var cluster = await RunningCluster.StartAsync([("WebWorker__Operations", "false"), ("DOTNET_GCHeapHardLimit", HeapLimit)]);
        var children = cluster.Children;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var pair = await HonestPair.StartAsync(cluster.Url(1), cluster.Url(2), Cancellation);
        var talking = pair.RunAsync(stop.Token);

        await FloodAsync("announced bodies", AnnounceAsync);
        await FloodAsync("long names of rooms", JoinAsync);
        await FloodAsync("unfinished attachments", AttachAsync);
        await FloodAsync("almost right input", FuzzAsync);

        await stop.CancelAsync();
        await talking;
        Assert.Equal(children, cluster.Children);
        Assert.All(children, child => Assert.True(OperatingSystemProcesses.IsRunning(child)));

        async Task FloodAsync(string what, Func<int, Task> flood)
        {
            var before = pair.Messages;
            await flood(cluster.Port);
            await OperatingSystemProcesses.UntilAsync(() => pair.Messages > before || talking.IsCompleted, $"an honest message behind {what}");
            Assert.False(talking.IsCompleted, $"{what}: {talking.Exception}");
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{what}: MB of each process {string.Join(", ", children.Select(OperatingSystemProcesses.ResidentMegabytes))}"));
        }
    }

    /// <summary>Bodies of a megabyte each, of which one byte comes.</summary>
    private static async Task AnnounceAsync(int port)
    {
        List<Socket> sockets = [];
        try
        {
            for (var i = 0; i < Announcements; i++)
            {
                using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
                var answer = await http.GetAsync("/socket.io/?EIO=4&transport=polling", Cancellation);
                if (!answer.IsSuccessStatusCode)
                {
                    continue; // refused: that is a bound, too
                }
                var sid = (await answer.Content.ReadAsStringAsync(Cancellation)).Split('"')[3];
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, port, Cancellation);
                await socket.SendAsync(
                    Encoding.ASCII.GetBytes($"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n4"),
                    Cancellation);
            }
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    /// <summary>As many rooms as a client may join, with names about as long as they may be.</summary>
    private static async Task JoinAsync(int port)
    {
        using var client = await OpenAsync(port);
        for (var i = 0; i < Rooms; i++)
        {
            await SendAsync(client, Encoding.UTF8.GetBytes($"42[\"join\",\"{new string('x', 1000)}{i}\"]"), WebSocketMessageType.Text);
        }
        await SendAsync(client, "429[\"who\",\"x\"]"u8.ToArray(), WebSocketMessageType.Text);
        await UntilAsync(client, "439");
    }

    /// <summary>Packets of ten attachments of a megabyte, the last of which does not come.</summary>
    private static async Task AttachAsync(int port)
    {
        List<ClientWebSocket> clients = [];
        var attachment = new byte[999_000];
        try
        {
            for (var i = 0; i < Unfinished; i++)
            {
                var client = await OpenAsync(port);
                clients.Add(client);
                await SendAsync(client, "4510-[\"say\",\"a\",{\"_placeholder\":true,\"num\":0}]"u8.ToArray(), WebSocketMessageType.Text);
                for (var sent = 0; sent < 9; sent++)
                {
                    await SendAsync(client, attachment, WebSocketMessageType.Binary);
                }
            }
        }
        catch (WebSocketException)
        {
            // Refused: enough is unfinished.
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static async Task FuzzAsync(int port)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        stop.CancelAfter(Fuzz);
        var attackers = Enumerable.Range(1, 6).Select(seed => new Attacker(port, RunningCluster.Workers + 1, seed)).ToArray();
        await Task.WhenAll(attackers.Select(attacker => Task.Run(() => attacker.RunAsync(stop.Token), Cancellation)));
    }

    private static async Task<ClientWebSocket> OpenAsync(int port)
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"), Cancellation);
        await SendAsync(client, "40"u8.ToArray(), WebSocketMessageType.Text);
        await UntilAsync(client, "40{");
        return client;
    }

    private static Task SendAsync(ClientWebSocket client, byte[] bytes, WebSocketMessageType type) =>
        client.SendAsync(bytes, type, endOfMessage: true, Cancellation);

    private static async Task UntilAsync(ClientWebSocket client, string beginning)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var received = await client.ReceiveAsync(buffer, Cancellation);
            Assert.NotEqual(WebSocketMessageType.Close, received.MessageType);
            var text = Encoding.UTF8.GetString(buffer, 0, received.Count);
            if (text == "2")
            {
                await SendAsync(client, "3"u8.ToArray(), WebSocketMessageType.Text);
            }
            if (text.StartsWith(beginning, StringComparison.Ordinal))
            {
                return;
            }
        }
    }
}
