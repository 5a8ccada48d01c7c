using System.Buffers;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A connection's hub protocol, which notices that one side means the end: a client that says so (official ones in JavaScript since version 8, and in .NET
/// with stateful reconnect), or a hub that aborts the connection. One that just breaks looks to the framework like one that the client closed.
/// </summary>
internal sealed class GoodbyeProtocol(IHubProtocol inner, HubSocket socket) : DelegatingHubProtocol(inner)
{
    protected override HubMessage Received(HubMessage message)
    {
        if (message is CloseMessage)
        {
            socket.EndSession();
        }
        return message;
    }

    public override void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        if (message is CloseMessage { AllowReconnect: false } && socket.CloseMessage is null)
        {
            socket.EndSession();
        }
        base.WriteMessage(message, output);
    }
}
