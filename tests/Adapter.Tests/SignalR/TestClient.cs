using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Claims;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A SignalR client on a pair of pipes: everything from the handshake on is real, below is nothing.</summary>
public sealed class TestClient : IInvocationBinder, IAsyncDisposable
{
    private readonly IHubProtocol _protocol;
    private readonly Pipe _toServer = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Pipe _toClient;
    private readonly Channel<HubMessage> _messages = Channel.CreateUnbounded<HubMessage>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<CompletionMessage>> _calls = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private int _lastCall;

    internal TestClient(IHubProtocol protocol, string? user, long? buffer)
    {
        _protocol = protocol;
        _toClient = new Pipe(
            new PipeOptions(pauseWriterThreshold: buffer ?? 1 << 16, resumeWriterThreshold: (buffer ?? 1 << 16) / 2, useSynchronizationContext: false));
        Connection = new DefaultConnectionContext(
            "id of the framework", new Duplex(_toServer.Reader, _toClient.Writer), new Duplex(_toClient.Reader, _toServer.Writer));
        if (user is not null)
        {
            Connection.Features.Set<IConnectionUserFeature>(
                new UserFeature { User = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user)])) });
        }
    }

    /// <summary>The connection as the server has it.</summary>
    public DefaultConnectionContext Connection { get; }

    /// <summary>The id by which the hub knows it.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Ends when the server has done with the connection.</summary>
    public Task Served { get; private set; } = Task.CompletedTask;

    /// <summary>What a method's arguments are; one text where nothing is said.</summary>
    public Dictionary<string, Type[]> Arguments { get; } = new(StringComparer.Ordinal);

    /// <summary>What calls to the hub return.</summary>
    public Type ReturnType { get; set; } = typeof(object);

    /// <summary>Takes the next message that is no answer to a call; null when the connection has ended.</summary>
    public async Task<HubMessage?> NextAsync()
    {
        try
        {
            return await _messages.Reader.ReadAsync(TestContext.Current.CancellationToken).InTimeAsync();
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <summary>Takes the next message, which has to be an invocation.</summary>
    public async Task<InvocationMessage> NextInvocationAsync() => Assert.IsType<InvocationMessage>(await NextAsync());

    /// <summary>The next message has to be this.</summary>
    public async Task HearsAsync(string text, string method = "said")
    {
        var message = await NextInvocationAsync();
        Assert.Equal((method, text), (message.Target, message.Arguments[0]?.ToString()));
    }

    /// <summary>The same for a client that is told the place of each invocation, which is returned.</summary>
    public async Task<string> HearsAtAsync(string text)
    {
        var message = await NextInvocationAsync();
        Assert.Equal(("said", text, 2), (message.Target, message.Arguments[0]?.ToString(), message.Arguments.Length));
        return message.Arguments[1]!.ToString()!;
    }

    /// <summary>Calls the hub and waits for the answer.</summary>
    public async Task<CompletionMessage> CallAsync(string method, params object?[] arguments)
    {
        var call = new TaskCompletionSource<CompletionMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = $"{Interlocked.Increment(ref _lastCall)}";
        _calls[id] = call;
        await SendAsync(new InvocationMessage(id, method, arguments));
        return await call.Task.InTimeAsync();
    }

    /// <summary>Sends any message.</summary>
    public async Task SendAsync(HubMessage message)
    {
        _protocol.WriteMessage(message, _toServer.Writer);
        await _toServer.Writer.FlushAsync();
    }

    /// <summary>Answers an invocation of the server.</summary>
    public Task AnswerAsync(InvocationMessage invocation, object? result) => SendAsync(CompletionMessage.WithResult(invocation.InvocationId!, result));

    /// <summary>Begins to read, where it was told to connect without.</summary>
    public void Read() => _started.TrySetResult();

    /// <summary>Ends the connection as a client does that is gone.</summary>
    public async Task GoneAsync()
    {
        await _toServer.Writer.CompleteAsync();
        await Served.InTimeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Read();
        await _toServer.Writer.CompleteAsync();
        Connection.Abort();
        await Served.InTimeAsync();
        await _reading.InTimeAsync();
    }

    internal async Task ConnectAsync(ConnectionHandler handler, bool reads)
    {
        Served = ServeAsync(handler);
        HandshakeProtocol.WriteRequestMessage(new HandshakeRequestMessage(_protocol.Name, _protocol.Version), _toServer.Writer);
        await _toServer.Writer.FlushAsync();
        while (true)
        {
            var result = await _toClient.Reader.ReadAsync().InTimeAsync();
            var buffer = result.Buffer;
            if (HandshakeProtocol.TryParseResponseMessage(ref buffer, out var response))
            {
                _toClient.Reader.AdvanceTo(buffer.Start);
                Assert.Null(response.Error);
                break;
            }
            Assert.False(result.IsCompleted, "The connection ended in its handshake.");
            _toClient.Reader.AdvanceTo(buffer.Start, buffer.End);
        }
        _reading = ReadAllAsync(reads ? Task.CompletedTask : _started.Task);
    }

    internal async Task LearnIdAsync()
    {
        Assert.Null((await CallAsync(nameof(TestHub.Id))).Error);
        Id = Connection.ConnectionId;
    }

    /// <summary>Where it does not read yet, it cannot call: the id is taken when the server has set it.</summary>
    internal async Task LearnIdUnreadAsync()
    {
        await InTime.UntilAsync(() => SocketId.TryParse(Connection.ConnectionId, out _));
        Id = Connection.ConnectionId;
    }

    Type IInvocationBinder.GetReturnType(string invocationId) => ReturnType;

    IReadOnlyList<Type> IInvocationBinder.GetParameterTypes(string methodName) => Arguments.GetValueOrDefault(methodName, [typeof(string)]);

    Type IInvocationBinder.GetStreamItemType(string streamId) => typeof(object);

    private async Task ServeAsync(ConnectionHandler handler)
    {
        await Task.Yield();
        try
        {
            await handler.OnConnectedAsync(Connection);
        }
        catch (IOException)
        {
            // Refused: the client has been told.
        }
        finally
        {
            await _toClient.Writer.CompleteAsync();
            await _toServer.Reader.CompleteAsync();
        }
    }

    private async Task ReadAllAsync(Task started)
    {
        await started;
        while (true)
        {
            var result = await _toClient.Reader.ReadAsync();
            var buffer = result.Buffer;
            while (_protocol.TryParseMessage(ref buffer, this, out var message))
            {
                Take(message);
            }
            _toClient.Reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                _messages.Writer.TryComplete();
                return;
            }
        }
    }

    private void Take(HubMessage message)
    {
        if (message is CompletionMessage { InvocationId: { } id } completion && _calls.TryRemove(id, out var call))
        {
            Taken.Enqueue(completion);
            call.TrySetResult(completion);
        }
        else if (message is not PingMessage)
        {
            Taken.Enqueue(message);
            _messages.Writer.TryWrite(message);
        }
    }

    /// <summary>Everything that came, in order.</summary>
    public ConcurrentQueue<HubMessage> Taken { get; } = new();

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    private sealed class UserFeature : IConnectionUserFeature
    {
        public ClaimsPrincipal? User { get; set; }
    }
}
