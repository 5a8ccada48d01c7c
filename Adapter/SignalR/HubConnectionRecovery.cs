namespace OrleansAdapter.SignalR;

/// <summary>Whether a hub's connection is one that came back to its session (<see cref="OrleansAdapterOptions.HubRecovery"/>).</summary>
public enum HubConnectionRecovery
{
    /// <summary>It is new: it is in no group yet.</summary>
    None,

    /// <summary>
    /// It came back: it has the connection id, the groups, the user and the <c>SocketData</c> that it had, with what others did to them meanwhile. It is not
    /// given what was sent to it while it was away.
    /// </summary>
    WithoutMessages,
}
