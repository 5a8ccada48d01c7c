#pragma warning disable CA2252 // The feature's interface is a preview, SignalR's use of it is not; there is no other way to see it.
using Microsoft.AspNetCore.Connections.Abstractions;
using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.SignalR;

/// <summary>SignalR's stateful reconnect: a connection outlives its transport for a while, and what the client did not get is sent again.</summary>
internal static class StatefulReconnect
{
    /// <summary>Whether the connection may be resumed, and so counts and keeps each message.</summary>
    public static bool IsOn(HubConnectionContext connection) => connection.Features.Get<IStatefulReconnectFeature>() is not null;

    /// <summary>The connection is not to be resumed.</summary>
    public static void Disable(HubConnectionContext connection) => connection.Features.Get<IStatefulReconnectFeature>()?.DisableReconnect();
}
