using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>Whom a <see cref="HubSocket"/> tells of its fate. Called from its namespace's turn; returns at once.</summary>
internal interface IHubSocketOwner
{
    /// <summary>Somebody who watches the hub's connections; null mostly.</summary>
    ISocketWatcher? Watcher { get; }

    /// <summary>Volatile packets were dropped because the client is slow.</summary>
    void Dropped(int packets);

    /// <summary>An event asks the client for an acknowledgement.</summary>
    void Ask(HubSocket socket, Packet packet, ClientAck ack);

    /// <summary>Tells the home what the application keeps with the connection, if that has changed. Not called in the turn.</summary>
    Task KeepDataAsync(HubSocket socket);

    /// <summary>This server ends the connection. It takes no more frames.</summary>
    void Closed(HubSocket socket, DisconnectReason reason);
}
