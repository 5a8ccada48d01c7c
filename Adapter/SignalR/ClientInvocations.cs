using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter.SignalR;

/// <summary>
/// Client results of one hub: asks a client anywhere in the cluster for a result, and answers for the clients of this server. A request goes to the
/// connection's id through the home, so it comes after what was sent before it.
/// </summary>
internal sealed class ClientInvocations
{
    private readonly ConcurrentDictionary<string, AskedInvocation> _asked = new(StringComparer.Ordinal);
    private readonly HeldInvocations _held = new();
    private readonly Namespace _namespace;
    private readonly HubCodec _codec;
    private long _last;

    public ClientInvocations(Namespace @namespace, HubCodec codec)
    {
        (_namespace, _codec) = (@namespace, codec);
        @namespace.Handle(RequestKind.InvokeClient, _held.Invoke);
        @namespace.Handle(RequestKind.CancelInvocation, _held.Cancel);
    }

    /// <summary>How many results are waited for here, and how many clients of this server are to answer.</summary>
    public (int Asked, int Held) Count => (_asked.Count, _held.Count);

    /// <exception cref="IOException">There is no such connection, or it ended before its client answered.</exception>
    /// <exception cref="HubException">The client answered with an error, or with something else than was asked for; or the caller gave up.</exception>
    /// <exception cref="OperationException">This server was fenced meanwhile.</exception>
    public async Task<T> InvokeAsync<T>(string connectionId, string method, object?[] arguments, CancellationToken cancellationToken)
    {
        if (!SocketId.TryParse(connectionId, out var socket))
        {
            throw Unknown(connectionId);
        }
        cancellationToken.ThrowIfCancellationRequested();
        var id = NewId();
        var request = HeldInvocations.Request(id, _codec.Encode(method, arguments, id));
        var asked = new AskedInvocation<T>();
        _asked[id] = asked;
        try
        {
            var ended = _namespace.RequestAsync(BroadcastTarget.Socket(socket), RequestKind.InvokeClient, request, Timeout.InfiniteTimeSpan, cancellationToken);
            if (await Task.WhenAny(asked.Task, ended).ConfigureAwait(false) == ended)
            {
                Complete(asked, connectionId, await ended.ConfigureAwait(false));
            }
            else
            {
                _ = ended.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
            return await asked.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            _ = ForgetAsync(socket, id);
            throw new HubException("Invocation canceled by the server.", exception); // what the framework's own manager says
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
    }

    /// <summary>How the result of an invocation is to be read: as what was asked for here, or unread where it travels on.</summary>
    public bool TryGetReturnType(string invocationId, [NotNullWhen(true)] out Type? type)
    {
        type = _asked.TryGetValue(invocationId, out var asked) ? asked.Type : _held.TypeOf(invocationId);
        return type is not null;
    }

    /// <summary>A client of this server has answered. An invocation that nobody waits for any more is left alone.</summary>
    /// <exception cref="InvalidOperationException">The invocation was sent to another connection.</exception>
    public void SetResult(string connectionId, CompletionMessage completion)
    {
        if (completion.InvocationId is not { } id || !_held.TryTake(connectionId, id, out var held))
        {
            return;
        }
        if (held is HeldRequest request && _asked.TryGetValue(id, out var asked))
        {
            asked.Complete(completion);
            request.Delivered();
        }
        else
        {
            held.Complete(completion);
        }
    }

    /// <summary>Asks a client of this server for the acknowledgement of an event. Called in the namespace's turn.</summary>
    public void Ask(HubSocket socket, Packet packet, ClientAck ack)
    {
        var id = NewId();
        ack.Forget = () => _held.Forget(id);
        _held.Send(id, packet, new HeldAck(socket, ack, _namespace.Server.Options.JsonSerializerOptions));
    }

    /// <summary>A connection of this server has ended.</summary>
    public void Disconnected(HubSocket socket) => _held.Disconnected(socket);

    private string NewId() => $"{_namespace.Life}-{Interlocked.Increment(ref _last)}";

    private static IOException Unknown(string connectionId) => new($"Connection '{connectionId}' does not exist.");

    private static IOException Disconnected(string connectionId) => new($"Connection '{connectionId}' disconnected.");

    private void Complete<T>(AskedInvocation<T> asked, string connectionId, RequestResult result)
    {
        if (result.Answers is not [var answer])
        {
            asked.Fail(result.IsUnknown || result.Missing.Count > 0
                ? new IOException($"The server of connection '{connectionId}' did not answer after the directory was lost.")
                : result.Gone.Count > 0 ? Disconnected(connectionId) : Unknown(connectionId));
            return;
        }
        if (answer.Error is { } error)
        {
            asked.Fail(new HubException($"Server {answer.Server} could not invoke connection '{connectionId}': {error}"));
            return;
        }
        try
        {
            switch (ClientResult.KindOf(answer.Body.Span))
            {
                case ClientResult.Kind.Completed:
                    asked.Complete(ClientResult.Read(answer.Body, _codec.Find, typeof(T)));
                    break;
                case ClientResult.Kind.Unknown:
                    asked.Fail(Unknown(connectionId));
                    break;
                case ClientResult.Kind.Disconnected:
                    asked.Fail(Disconnected(connectionId));
                    break;
            }
        }
        catch (InvalidDataException exception)
        {
            asked.Fail(new HubException($"The result of connection '{connectionId}' cannot be read: {exception.Message}", exception));
        }
    }

    /// <summary>Tells the connection's server that nobody waits any more. If that fails, it learns when the client answers or goes.</summary>
    private async Task ForgetAsync(SocketId socket, string invocationId)
    {
        try
        {
            await _namespace.RequestAsync(
                BroadcastTarget.Socket(socket),
                RequestKind.CancelInvocation,
                Encoding.UTF8.GetBytes(invocationId),
                _namespace.Server.Options.RequestsTimeout,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationException or TooManyRequestsException)
        {
            // As said: nothing depends on it.
        }
    }
}
