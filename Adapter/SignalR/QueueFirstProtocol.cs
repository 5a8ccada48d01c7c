using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A connection's hub protocol, with the queue of the connection in front: whatever the framework writes, what was queued before goes first. It is called
/// under the connection's write lock, which makes it the one place where an order of both can be kept.
/// </summary>
internal sealed class QueueFirstProtocol(IHubProtocol inner, HubSocket socket) : IHubProtocol
{
    /// <summary>Writes what is queued, and nothing else.</summary>
    public static HubMessage Flush { get; } = new FlushMessage();

    public string Name => inner.Name;

    public int Version => inner.Version;

    public TransferFormat TransferFormat => inner.TransferFormat;

    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        if (!inner.TryParseMessage(ref input, binder, out message))
        {
            return false;
        }
        if (message is HubMethodInvocationMessage { InvocationId.Length: > 0 } or InvocationBindingFailureMessage { InvocationId.Length: > 0 })
        {
            socket.Asked();
        }
        return true;
    }

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => inner.GetMessageBytes(message);

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
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
        inner.WriteMessage(message is CloseMessage ? socket.CloseMessage ?? message : message, output);
    }

    private sealed class FlushMessage : HubMessage;
}
