using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace OrleansAdapter.Bench.Clients;

/// <summary>Clients of Socket.IO that connect as browsers do: by long-polling first, then upgraded to a WebSocket, which stays open.</summary>
internal sealed class PollingClients(int port) : IDisposable
{
    private const int MostRetries = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly List<ClientWebSocket> _open = [];

    /// <summary>How long each client took, in milliseconds.</summary>
    public List<double> OpeningTimes { get; } = [];

    /// <summary>How many had to connect again, because the server closed their connection or did not answer.</summary>
    public int Retries { get; private set; }

    public Task OpenAsync(int count, int atOnce) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (number, _) =>
        {
            var started = Stopwatch.GetTimestamp();
            ClientWebSocket? socket = null;
            while (socket is null)
            {
                try
                {
                    socket = await OpenAsync(number);
                }
                catch (Exception exception) when (exception is HttpRequestException or WebSocketException or OperationCanceledException or InvalidDataException)
                {
                    lock (_open)
                    {
                        if (++Retries > MostRetries)
                        {
                            throw;
                        }
                    }
                }
            }
            lock (_open)
            {
                _open.Add(socket);
                OpeningTimes.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        });

    public void Dispose() => _open.ForEach(socket => socket.Dispose());

    private async Task<ClientWebSocket> OpenAsync(int number)
    {
        // One connection for each client, as different browsers have: Node.js' primary gives a connection to one worker for good.
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { Timeout = Patience };
        using var time = new CancellationTokenSource(Patience);
        var url = $"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling";
        var opened = await http.GetStringAsync(url, time.Token);
        using var document = JsonDocument.Parse(opened.AsMemory(1));
        url += "&sid=" + document.RootElement.GetProperty("sid").GetString();
        using var connect = new StringContent("40");
        (await http.PostAsync(url, connect, time.Token)).EnsureSuccessStatusCode().Dispose();
        Check(number, await http.GetStringAsync(url, time.Token), "40{");
        var socket = new ClientWebSocket();
        var upgrade = url.Replace("http:", "ws:", StringComparison.Ordinal).Replace("=polling", "=websocket", StringComparison.Ordinal);
        await socket.ConnectAsync(new Uri(upgrade), time.Token);
        await socket.SendAsync("2probe"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, time.Token);
        var buffer = new byte[256];
        var received = await socket.ReceiveAsync(buffer, time.Token);
        Check(number, Encoding.ASCII.GetString(buffer, 0, received.Count), "3probe");
        await socket.SendAsync("5"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, time.Token);
        return socket;
    }

    private static void Check(int number, string got, string expected)
    {
        if (!got.StartsWith(expected, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"Client {number} expected {expected} and got {got}.");
        }
    }
}
