using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A SignalR transport by hand: records of the JSON protocol, over HTTP as it is.</summary>
internal abstract class RawTransport : IAsyncDisposable
{
    private const char Separator = '\u001e';
    private readonly StringBuilder _rest = new();
    private readonly Channel<JsonElement> _records = Channel.CreateUnbounded<JsonElement>();

    /// <summary>Shakes hands.</summary>
    public async Task HandshakeAsync(int version = 1)
    {
        await SendAsync($$"""{"protocol":"json","version":{{version}}}""");
        Assert.Empty((await NextAsync()).EnumerateObject());
    }

    /// <summary>Calls a method of the hub, and returns its result.</summary>
    public async Task<string?> CallAsync(string method) => (await CompleteAsync(method, "")).GetProperty("result").GetString();

    /// <summary>Calls a method of the hub, and returns the error that it ends with; null if there is none.</summary>
    public async Task<string?> ErrorAsync(string method, string arguments = "") =>
        (await CompleteAsync(method, arguments)).TryGetProperty("error", out var error) ? error.GetString() : null;

    /// <summary>The first argument of the next invocation.</summary>
    public async Task<string?> HearAsync()
    {
        while (true)
        {
            var record = await NextAsync();
            if (record.GetProperty("type").GetInt32() == 1)
            {
                return record.GetProperty("arguments")[0].GetString();
            }
        }
    }

    /// <summary>The close message: its type, and whether it allows to reconnect.</summary>
    public async Task<(int Type, bool AllowReconnect)> CloseAsync()
    {
        var record = await NextAsync();
        return (record.GetProperty("type").GetInt32(), record.TryGetProperty("allowReconnect", out var allowed) && allowed.GetBoolean());
    }

    public Task SendAsync(string record) => SendTextAsync(record + Separator).InTimeAsync();

    public abstract ValueTask DisposeAsync();

    private async Task<JsonElement> CompleteAsync(string method, string arguments)
    {
        await SendAsync($$"""{"type":1,"invocationId":"1","target":"{{method}}","arguments":[{{arguments}}]}""");
        while (true)
        {
            var record = await NextAsync();
            if (record.GetProperty("type").GetInt32() == 3)
            {
                return record;
            }
        }
    }

    protected abstract Task SendTextAsync(string text);

    protected Task<JsonElement> NextAsync() => _records.Reader.ReadAsync().InTimeAsync();

    protected void Take(string text)
    {
        foreach (var character in text)
        {
            if (character == Separator)
            {
                _records.Writer.TryWrite(JsonDocument.Parse(_rest.ToString()).RootElement);
                _rest.Clear();
            }
            else
            {
                _rest.Append(character);
            }
        }
    }

    protected void End(Exception? why = null) => _records.Writer.TryComplete(why);
}

internal sealed class RawWebSocket : RawTransport
{
    private readonly ClientWebSocket _socket = new();
    private Task _reading = Task.CompletedTask;

    public static async Task<RawWebSocket> ConnectAsync(Uri hub, string? token, string query = "", Action<ClientWebSocketOptions>? configure = null)
    {
        var client = new RawWebSocket();
        configure?.Invoke(client._socket.Options);
        await client._socket.ConnectAsync(
            new UriBuilder(hub) { Scheme = "ws", Query = token is null ? query : $"id={Uri.EscapeDataString(token)}{query}" }.Uri,
            CancellationToken.None).InTimeAsync();
        client._reading = client.ReadAsync();
        return client;
    }

    /// <summary>Breaks off, as a lost network does.</summary>
    public async Task BreakAsync()
    {
        _socket.Abort();
        await _reading.InTimeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await BreakAsync();
        _socket.Dispose();
    }

    protected override Task SendTextAsync(string text) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private async Task ReadAsync()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await _socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
            {
                Take(Encoding.UTF8.GetString(buffer, 0, received.Count));
            }
            End();
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            End(exception);
        }
    }
}

/// <summary>Sends by POST, as server-sent events and long polling do.</summary>
internal abstract class RawHttp(Uri connection) : RawTransport
{
    protected HttpClient Http { get; } = new();

    protected Uri Connection { get; } = connection;

    protected override async Task SendTextAsync(string text)
    {
        using var response = await Http.PostAsync(Connection, new StringContent(text));
        response.EnsureSuccessStatusCode();
    }
}

internal sealed class RawServerSentEvents(Uri connection) : RawHttp(connection)
{
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;

    public static async Task<RawServerSentEvents> ConnectAsync(Uri hub, string token)
    {
        var client = new RawServerSentEvents(new Uri(hub, $"?id={Uri.EscapeDataString(token)}"));
        var request = new HttpRequestMessage(
            HttpMethod.Get, client.Connection)
        { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTimeAsync();
        response.EnsureSuccessStatusCode();
        client._reading = client.ReadAsync(response);
        return client;
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.InTimeAsync();
        Http.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            try
            {
                while (await reader.ReadLineAsync(_stop.Token) is { } line)
                {
                    if (line.StartsWith("data: ", StringComparison.Ordinal))
                    {
                        Take(line["data: ".Length..]);
                    }
                }
                End();
            }
            catch (OperationCanceledException exception)
            {
                End(exception);
            }
        }
    }
}

internal sealed class RawLongPolling(Uri connection) : RawHttp(connection)
{
    private Task _reading = Task.CompletedTask;

    public static async Task<RawLongPolling> ConnectAsync(Uri hub, string token)
    {
        var client = new RawLongPolling(new Uri(hub, $"?id={Uri.EscapeDataString(token)}"));
        using var first = await client.Http.GetAsync(client.Connection).InTimeAsync();
        first.EnsureSuccessStatusCode();
        client._reading = client.ReadAsync();
        return client;
    }

    public override async ValueTask DisposeAsync()
    {
        using var response = await Http.DeleteAsync(Connection).InTimeAsync();
        response.EnsureSuccessStatusCode();
        await _reading.InTimeAsync();
        Http.Dispose();
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            using var response = await Http.GetAsync(Connection);
            if (response.StatusCode != System.Net.HttpStatusCode.OK)
            {
                End();
                return;
            }
            Take(await response.Content.ReadAsStringAsync());
        }
    }
}
