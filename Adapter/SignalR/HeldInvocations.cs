using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansAdapter.Broadcasting;
using OrleansAdapter.Cluster;

namespace OrleansAdapter.SignalR;

/// <summary>
/// Invocations that servers, this one included, have sent to clients of this server, and that the clients have not answered. Each is answered once: with the client's
/// words, or with the news that its connection has ended.
/// </summary>
internal sealed class HeldInvocations
{
    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);

    public int Count => _held.Count;

    /// <summary>The body of <see cref="RequestKind.InvokeClient"/>: the invocation's id with its length before it, then the packet.</summary>
    public static byte[] Request(string invocationId, ReadOnlySpan<byte> packet)
    {
        var id = Encoding.UTF8.GetBytes(invocationId);
        return [checked((byte)id.Length), .. id, .. packet];
    }

    /// <summary>Sends an invocation to its client. Called in the namespace's turn.</summary>
    public void Invoke(RequestContext request)
    {
        if (request.Sockets is not [HubSocket socket])
        {
            request.Answer(ClientResult.Of(ClientResult.Kind.Unknown));
            return;
        }
        var length = request.Body.IsEmpty ? 0 : request.Body.Span[0];
        if (request.Body.Length <= length)
        {
            request.Fail("The invocation ends before its id does.");
            return;
        }
        var id = Encoding.UTF8.GetString(request.Body.Span.Slice(1, length));
        HubFrame frame;
        try
        {
            frame = socket.Frames.Encode(PacketCodec.Decode(request.Body[(1 + length)..], BroadcastFlags.None), id);
        }
        catch (InvalidDataException exception)
        {
            request.Fail(exception.Message);
            return;
        }
        if (frame.Bytes.IsEmpty)
        {
            request.Fail($"The invocation cannot be expressed in the client's hub protocol \"{socket.Protocol.Name}\".");
            return;
        }
        if (!_held.TryAdd(id, new Held(socket, request)))
        {
            request.Fail($"Invocation {id} is under way already.");
            return;
        }
        if (socket.Hold(id))
        {
            socket.Send(frame);
            request.Namespace.Touch(socket);
        }
        else if (_held.TryRemove(id, out _))
        {
            request.Answer(ClientResult.Of(ClientResult.Kind.Disconnected));
        }
    }

    /// <summary>Nobody waits for an invocation any more. Called in the namespace's turn.</summary>
    public void Cancel(RequestContext request)
    {
        TryRemove(Encoding.UTF8.GetString(request.Body.Span), out _, out _);
        request.Answer(default);
    }

    public bool Contains(string invocationId) => _held.ContainsKey(invocationId);

    /// <summary>Takes an invocation that a connection has answered; false if it is not waited for.</summary>
    /// <exception cref="InvalidOperationException">It was sent to another connection.</exception>
    public bool TryTake(string connectionId, string invocationId, [NotNullWhen(true)] out HubSocket? socket, [NotNullWhen(true)] out RequestContext? request)
    {
        if (_held.TryGetValue(invocationId, out var held) && held.Socket.ConnectionId != connectionId)
        {
            throw new InvalidOperationException($"Connection '{connectionId}' answered invocation '{invocationId}', which was sent to another one.");
        }
        return TryRemove(invocationId, out socket, out request);
    }

    /// <summary>A connection has ended: whoever waits for its client is told.</summary>
    public void Disconnected(HubSocket socket)
    {
        foreach (var id in socket.EndHolding())
        {
            if (_held.TryRemove(id, out var held))
            {
                held.Request.Answer(ClientResult.Of(ClientResult.Kind.Disconnected));
            }
        }
    }

    private bool TryRemove(string invocationId, [NotNullWhen(true)] out HubSocket? socket, [NotNullWhen(true)] out RequestContext? request)
    {
        var found = _held.TryRemove(invocationId, out var held);
        (socket, request) = (held?.Socket, held?.Request);
        socket?.EndHolding(invocationId);
        return found;
    }

    private sealed record Held(HubSocket Socket, RequestContext Request);
}
