using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>The official .NET client of SignalR.</summary>
internal sealed class DotNetClient : IHubClient
{
    private readonly HubConnection _connection;
    private string? _token;
    private string _last = "";

    private DotNetClient(string url, bool resume, bool stateful, bool offsets)
    {
        HttpConnectionOptions? http = null;
        var builder = new HubConnectionBuilder()
            .WithUrl(offsets ? url + "?resumeOffset" : url, HttpTransportType.WebSockets, options => http = options);
        if (resume)
        {
            builder.WithAutomaticReconnect(new Soon());
        }
        if (stateful)
        {
            builder.WithStatefulReconnect();
        }
        _connection = builder.Build();
        if (offsets)
        {
            _connection.On<JsonElement, string>("said", Hear);
            _connection.On<string, string, string?, string>("entered", Enter);
        }
        else
        {
            _connection.On<JsonElement>("said", payload => Hear(payload, ""));
            _connection.On<string, string, string?>("entered", (id, recovery, token) => Enter(id, recovery, token, ""));
        }
        _connection.Reconnecting += _ =>
        {
            // The next connection takes them from here.
            http!.Headers["X-Resume-Token"] = _token!;
            if (offsets)
            {
                http.Headers["X-Resume-Offset"] = _last;
            }
            return Task.CompletedTask;
        };
    }

    public string Id { get; private set; } = "";

    public EventLog<string> Said { get; } = new("the .NET client");

    public EventLog<Entered> Connected { get; } = new("the .NET client");

    /// <summary>Connects one.</summary>
    /// <param name="url">The hub's address.</param>
    /// <param name="resume">Whether it connects again by itself, and comes back with its resume token.</param>
    /// <param name="stateful">Whether it has stateful reconnect.</param>
    /// <param name="offsets">Whether it asks for the place of each invocation, and comes back with what it missed.</param>
    public static async Task<DotNetClient> OpenAsync(string url, bool resume, bool stateful, bool offsets)
    {
        var client = new DotNetClient(url, resume, stateful, offsets);
        await client._connection.StartAsync(TestContext.Current.CancellationToken);
        client.Id = (await client.Connected.FirstAsync(_ => true, "to be let in")).Id;
        return client;
    }

    public async Task<JsonNode?> CallAsync(string method, params object?[] arguments) =>
        await _connection.InvokeCoreAsync<JsonNode?>(method, arguments, TestContext.Current.CancellationToken);

    public async Task CloseAsync() => await _connection.DisposeAsync();

    private void Hear(JsonElement payload, string offset)
    {
        Said.Add(payload.GetRawText());
        _last = offset;
    }

    private void Enter(string id, string recovery, string? token, string offset)
    {
        (_token, _last) = (token, offset);
        Connected.Add(new Entered(id, recovery != "None", Said.Count, token));
    }

    private sealed class Soon : IRetryPolicy
    {
        public TimeSpan? NextRetryDelay(RetryContext retryContext) => TimeSpan.FromMilliseconds(100);
    }
}
