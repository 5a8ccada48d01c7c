using OrleansAdapter.SignalR;

namespace Microsoft.AspNetCore.SignalR;

/// <summary>What a hub can say of its caller to the whole cluster.</summary>
public static class HubCallerContextExtensions
{
    /// <summary>
    /// Whatever the application keeps with the connection and other servers see, as JSON, when they fetch the socket (Socket.IO: <c>socket.data</c>);
    /// <c>Context.Items</c> stays here. Safe under threads.
    /// </summary>
    /// <example>
    /// <code>
    /// Context.SocketData()["name"] = "Ada";
    /// // on any server
    /// var sockets = await hub.Namespace.FetchSocketsAsync();
    /// sockets[0].Data.GetProperty("name").GetString();
    /// </code>
    /// </example>
    /// <exception cref="InvalidOperationException">
    /// The hub's connections are not OrleansAdapter's: <c>AddOrleansAdapter</c> is missing, or the hub has another lifetime manager.
    /// </exception>
    public static IDictionary<string, object?> SocketData(this HubCallerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<HubSocket>()?.Data
            ?? throw new InvalidOperationException("The connection is not OrleansAdapter's: call AddSignalR().AddOrleansAdapter(), "
                + "and give the hub no other HubLifetimeManager.");
    }
}
