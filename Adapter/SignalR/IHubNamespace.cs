using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A hub's namespace, for what SignalR's own interfaces lack: who is in a room on all servers and with what data
/// (<c>Namespace.To("room").FetchSocketsAsync()</c>), sockets that are made to join, leave or go, broadcasts that every client acknowledges, volatile
/// events, events between the servers themselves, and events to clients of all kinds (<c>Namespace.To("room").Emit("said", text)</c> calls the method
/// <c>said</c> of SignalR clients). Inject it.
/// </summary>
/// <typeparam name="THub">The hub.</typeparam>
public interface IHubNamespace<THub>
    where THub : Hub
{
    /// <summary>The namespace: its rooms are the hub's groups, its sockets' ids the hub's connection ids.</summary>
    NamespaceRoot Namespace { get; }
}

internal sealed class HubNamespace<THub>(ThisServer server, HubNamespaces names) : IHubNamespace<THub>
    where THub : Hub
{
    public NamespaceRoot Namespace { get; } = server.Of(names.NameOf(typeof(THub)));
}
