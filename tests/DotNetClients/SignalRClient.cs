using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.DotNetClients;

/// <summary>.NET's client of SignalR.</summary>
internal sealed class SignalRClient : IClient
{
    private readonly HubConnection _connection;
    private volatile TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SignalRClient(string url, string transport, string? token, string kind, ClientEvents events)
    {
        var builder = new HubConnectionBuilder()
            .WithUrl(url, Enum.Parse<HttpTransportType>(transport), options => options.AccessTokenProvider = () => Task.FromResult(token))
            .WithAutomaticReconnect([.. Enumerable.Repeat(TimeSpan.FromMilliseconds(200), 150)]);
        if (kind == "signalr-messagepack")
        {
            builder.AddMessagePackProtocol();
        }
        Transport = transport;
        _connection = builder.Build();
        _connection.On<object?>("said", events.Said);
        _connection.On<string, string>("ask", events.Answer);
        _connection.Reconnecting += error =>
        {
            _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            events.Closed(error?.Message);
            return Task.CompletedTask;
        };
        _connection.Reconnected += _ =>
        {
            _connected.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public string Id => _connection.ConnectionId!;

    public string Transport { get; }

    public async Task ConnectAsync()
    {
        await _connection.StartAsync();
        _connected.TrySetResult();
    }

    public Task<object?> CallAsync(string method, object?[] arguments) => _connection.InvokeCoreAsync<object?>(method, arguments);

    public Task ReconnectedAsync() => _connected.Task;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
