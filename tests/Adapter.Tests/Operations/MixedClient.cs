using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO.Tests.Live;
using OrleansAdapter.Tests.SignalR;

namespace OrleansAdapter.Tests.Operations;

/// <summary>A client of either protocol, which notes what is <c>said</c> and answers what it is <c>ask</c>ed with its own id.</summary>
internal abstract class MixedClient(SocketId id, Namespace server) : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public const string End = "the end";

    public SocketId Id { get; } = id;

    /// <summary>Its server's life.</summary>
    public ServerId Server { get; } = server.Life;

    /// <summary>The rooms it was put into.</summary>
    public List<string> Rooms { get; } = [];

    /// <summary>Ends when its server has taken it out of the namespace, and told it.</summary>
    public Task Left { get; protected set; } = Task.CompletedTask;

    public static SocketId Parse(ReadOnlySpan<char> id) =>
        SocketId.TryParse(id, out var parsed) ? parsed : throw new ArgumentException($"\"{id}\" is no id.", nameof(id));

    /// <summary>What it heard before the end.</summary>
    public async Task<string[]> HeardAsync()
    {
        await _end.Task.InTimeAsync();
        return [.. _heard];
    }

    public abstract ValueTask DisposeAsync();

    protected void Hears(string text)
    {
        if (text == End)
        {
            _end.TrySetResult();
        }
        else
        {
            _heard.Enqueue(text);
        }
    }
}

internal sealed class SignalRClient : MixedClient
{
    private readonly TestClient _client;

    public SignalRClient(TestClient client, Namespace server)
        : base(Parse(client.Id), server)
    {
        _client = client;
        Left = ReadAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await Left.InTimeAsync();
    }

    private async Task ReadAsync()
    {
        while (await _client.NextAsync() is { } message)
        {
            switch (message)
            {
                case InvocationMessage { Target: "said" } said:
                    Hears((string)said.Arguments[0]!);
                    break;
                case InvocationMessage { Target: "ask" } asked:
                    await _client.AnswerAsync(asked, Id.ToString());
                    break;
            }
        }
    }
}

internal sealed class SocketIOClient : MixedClient
{
    private const string Event = "42";

    private readonly TestSocket _socket;
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private volatile bool _aborted;

    public SocketIOClient(TestSocket socket, SocketId id, Namespace server)
        : base(id, server)
    {
        _socket = socket;
        Left = _left.Task;
        _reading = ReadAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        _aborted = true;
        _socket.Abort();
        await _reading.InTimeAsync();
        await _socket.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        while (await NextAsync() is { } packet && packet != "41")
        {
            if (packet == "2")
            {
                await _socket.SendAsync("3");
                continue;
            }
            Assert.StartsWith(Event, packet, StringComparison.Ordinal);
            var data = packet.IndexOf('[', StringComparison.Ordinal);
            var arguments = JsonSerializer.Deserialize<string[]>(packet[data..])!;
            if (arguments[0] == "ask")
            {
                await _socket.SendAsync($"43{packet[Event.Length..data]}[\"{Id}\"]");
            }
            else
            {
                Hears(arguments[1]);
            }
        }
        _left.TrySetResult();
    }

    private async Task<string?> NextAsync()
    {
        try
        {
            return (string?)await _socket.ReceiveAsync();
        }
        catch (Exception exception) when (_aborted && exception is (OperationCanceledException or ObjectDisposedException))
        {
            return null;
        }
    }
}
