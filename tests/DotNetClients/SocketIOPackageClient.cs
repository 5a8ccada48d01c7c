using System.Text.Json;
using SocketIOClient;
using SocketIOClient.Transport;

namespace OrleansAdapter.DotNetClients;

/// <summary>The client of Socket.IO that NuGet has.</summary>
internal sealed class SocketIOPackageClient : IClient
{
    private readonly SocketIO _socket;
    private volatile TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SocketIOPackageClient(string url, string transport, string? token, ClientEvents events)
    {
        _socket = new SocketIO(url, new SocketIOOptions
        {
            Transport = transport == "websocket" ? TransportProtocol.WebSocket : TransportProtocol.Polling,
            AutoUpgrade = transport == "upgrade",
            Auth = token is null ? null : new { token },
            ReconnectionDelay = 200,
            ReconnectionDelayMax = 1000,
        });
        _socket.OnConnected += (_, _) => _connected.TrySetResult();
        _socket.OnError += (_, error) => _connected.TrySetException(new InvalidOperationException(error));
        _socket.OnDisconnected += (_, reason) =>
        {
            _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            events.Closed(reason);
        };
        _socket.On("said", response => events.Said(Value(response)));
        _socket.On("ask", response => _ = response.CallbackAsync(events.Answer(response.GetValue<string>())));
    }

    public string Id => _socket.Id;

    public string Transport => _socket.Options.Transport == TransportProtocol.WebSocket ? "websocket" : "polling";

    public Task ConnectAsync() => Task.WhenAll(_socket.ConnectAsync(), _connected.Task);

    public async Task<object?> CallAsync(string method, object?[] arguments)
    {
        var answer = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _socket.EmitAsync(method, response => answer.TrySetResult(Value(response)), arguments);
        return await answer.Task;
    }

    public Task ReconnectedAsync() => _connected.Task;

    public async ValueTask DisposeAsync()
    {
        await _socket.DisconnectAsync();
        _socket.Dispose();
    }

    /// <summary>The first argument; bytes, where it is that.</summary>
    private static object? Value(SocketIOResponse response) =>
        response.Count == 0 ? null
        : response.GetValue() is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty("_placeholder", out _) ? response.GetValue<byte[]>()
        : response.GetValue();
}
