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

    /// <summary>
    /// The same, and it is given what it missed, once and in order, before anything else: it had said up to where it had received everything
    /// (<see cref="HubRecoveryOptions.MaxReplayedInvocations"/>).
    /// </summary>
    WithMessages,
}
