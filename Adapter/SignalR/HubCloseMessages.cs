using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>What a SignalR client is told when this server ends its connection.</summary>
internal static class HubCloseMessages
{
    private static readonly CloseMessage Slow = new("Connection closed: the client read more slowly than it was sent to.", allowReconnect: true);
    private static readonly CloseMessage Reconnect = new(null, allowReconnect: true);

    /// <summary>An empty message tells of no error. A client that asked for it reconnects where it is allowed to.</summary>
    public static CloseMessage For(DisconnectReason reason) => reason switch
    {
        DisconnectReason.SlowClient => Slow,
        DisconnectReason.ServerFenced or DisconnectReason.ServerShuttingDown => Reconnect,
        _ => CloseMessage.Empty,
    };
}
