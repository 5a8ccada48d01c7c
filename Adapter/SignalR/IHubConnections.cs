namespace OrleansAdapter.SignalR;

/// <summary>What a hub's endpoint needs of its lifetime manager, whatever the hub's type.</summary>
internal interface IHubConnections
{
    /// <summary>Makes and reads the ids and tokens of its connections.</summary>
    HubTokens Tokens { get; }
}
