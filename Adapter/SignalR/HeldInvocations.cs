using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter.SignalR;

/// <summary>
/// Invocations that were sent to clients of this server and that these have not answered. Each ends once: with the client's words, or with the news that its
/// connection has ended.
/// </summary>
internal sealed class HeldInvocations
{
    private readonly ConcurrentDictionary<string, HeldInvocation> _held = new(StringComparer.Ordinal);

    public int Count => _held.Count;

    /// <summary>The body of <see cref="RequestKind.InvokeClient"/>: the invocation's id with its length before it, then the packet.</summary>
    public static byte[] Request(string invocationId, ReadOnlySpan<byte> packet)
    {
        var id = Encoding.UTF8.GetBytes(invocationId);
        return [checked((byte)id.Length), .. id, .. packet];
    }

    /// <summary>Sends a server's invocation to its client. Called in the namespace's turn.</summary>
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
        Packet packet;
        try
        {
            packet = PacketCodec.Decode(request.Body[(1 + length)..], BroadcastFlags.None);
        }
        catch (InvalidDataException exception)
        {
            request.Fail(exception.Message);
            return;
        }
        Send(Encoding.UTF8.GetString(request.Body.Span.Slice(1, length)), packet, new HeldRequest(socket, request));
        request.Namespace.Touch(socket);
    }

    /// <summary>Sends an invocation to its client. Called in the namespace's turn.</summary>
    public void Send(string invocationId, Packet packet, HeldInvocation invocation)
    {
        var socket = invocation.Socket;
        var frame = socket.Frames.Encode(packet, invocationId);
        if (frame.Bytes.IsEmpty)
        {
            invocation.Fail($"The invocation cannot be expressed in the client's hub protocol \"{socket.Protocol.Name}\".");
        }
        else if (!_held.TryAdd(invocationId, invocation))
        {
            invocation.Fail($"Invocation {invocationId} is under way already.");
        }
        else if (socket.Hold(invocationId))
        {
            socket.Send(frame);
        }
        else if (_held.TryRemove(invocationId, out _))
        {
            invocation.Disconnected();
        }
    }

    /// <summary>Nobody waits for an invocation any more. Called in the namespace's turn.</summary>
    public void Cancel(RequestContext request)
    {
        if (TryRemove(Encoding.UTF8.GetString(request.Body.Span), out var held))
        {
            held.GivenUp();
        }
        request.Answer(default);
    }

    /// <summary>Nobody waits for an invocation any more.</summary>
    public void Forget(string invocationId) => TryRemove(invocationId, out _);

    /// <summary>How the client's words are to be read; null where nobody waits for them.</summary>
    public Type? TypeOf(string invocationId) => _held.TryGetValue(invocationId, out var held) ? held.ResultType : null;

    /// <summary>Takes an invocation that a connection has answered; false if it is not waited for.</summary>
    /// <exception cref="InvalidOperationException">It was sent to another connection.</exception>
    public bool TryTake(string connectionId, string invocationId, [NotNullWhen(true)] out HeldInvocation? invocation)
    {
        if (_held.TryGetValue(invocationId, out var held) && held.Socket.ConnectionId != connectionId)
        {
            throw new InvalidOperationException($"Connection '{connectionId}' answered invocation '{invocationId}', which was sent to another one.");
        }
        return TryRemove(invocationId, out invocation);
    }

    /// <summary>A connection has ended: whoever waits for its client is told.</summary>
    public void Disconnected(HubSocket socket)
    {
        foreach (var id in socket.EndHolding())
        {
            if (_held.TryRemove(id, out var held))
            {
                held.Disconnected();
            }
        }
    }

    private bool TryRemove(string invocationId, [NotNullWhen(true)] out HeldInvocation? invocation)
    {
        var found = _held.TryRemove(invocationId, out invocation);
        invocation?.Socket.EndHolding(invocationId);
        return found;
    }
}
