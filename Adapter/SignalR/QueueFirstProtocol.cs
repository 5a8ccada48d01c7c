using System.Buffers;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A connection's hub protocol, with the queue of the connection in front: whatever the framework writes, what was queued before goes first. It is called
/// under the connection's write lock, which makes it the one place where an order of both can be kept.
/// </summary>
internal sealed class QueueFirstProtocol(IHubProtocol inner, HubSocket socket) : DelegatingHubProtocol(inner)
{
    /// <summary>Writes what is queued, and nothing else.</summary>
    public static HubMessage Flush { get; } = new FlushMessage();

    protected override HubMessage Received(HubMessage message)
    {
        if (message is HubMethodInvocationMessage { InvocationId.Length: > 0 } or InvocationBindingFailureMessage { InvocationId.Length: > 0 })
        {
            socket.Asked();
        }
        return message;
    }

    public override void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        if (message is FlushMessage)
        {
            socket.WriteQueued(output);
            return;
        }
        if (message is CompletionMessage)
        {
            socket.Answered();
        }
        socket.WriteQueued(output, long.MaxValue);
        base.WriteMessage(message is CloseMessage ? socket.CloseMessage ?? message : message, output);
    }

    private sealed class FlushMessage : HubMessage;
}
