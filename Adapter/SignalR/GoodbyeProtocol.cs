using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A connection's hub protocol, which notices that one side means the end: a client that says so (official ones in JavaScript since version 8, and in .NET
/// with stateful reconnect), or a hub that aborts the connection. One that just breaks looks to the framework like one that the client closed.
/// </summary>
internal sealed class GoodbyeProtocol(IHubProtocol inner, HubSocket socket) : IHubProtocol
{
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
        if (message is CloseMessage)
        {
            socket.EndSession();
        }
        return true;
    }

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => inner.GetMessageBytes(message);

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        if (message is CloseMessage { AllowReconnect: false } && socket.CloseMessage is null)
        {
            socket.EndSession();
        }
        inner.WriteMessage(message, output);
    }
}
