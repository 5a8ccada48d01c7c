using OrleansAdapter;
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
    public static IDictionary<string, object?> SocketData(this HubCallerContext context) => SocketOf(context).Data;

    /// <summary>
    /// What the client is to show, on its next connection, to come back to its connection id, groups and <see cref="SocketData"/> on any server
    /// (<see cref="OrleansAdapterOptions.HubRecovery"/>): in the query as <c>resumeToken</c>, or as the header <c>X-Resume-Token</c>. A secret between it and
    /// the hub, good for one time: a connection that came back has another one. Null where the client cannot come back.
    /// </summary>
    /// <example>
    /// <code>
    /// await Clients.Caller.SendAsync("resumeToken", Context.ResumeToken());
    /// </code>
    /// </example>
    /// <exception cref="InvalidOperationException">As with <see cref="SocketData"/>.</exception>
    public static string? ResumeToken(this HubCallerContext context) => SocketOf(context).ResumeToken;

    /// <summary>
    /// Whether the client came back to its session with a <see cref="ResumeToken"/>. Then values of <see cref="SocketData"/> are
    /// <see cref="System.Text.Json.JsonElement"/>s.
    /// </summary>
    /// <exception cref="InvalidOperationException">As with <see cref="SocketData"/>.</exception>
    public static HubConnectionRecovery Recovery(this HubCallerContext context) => SocketOf(context).Recovery;

    /// <summary>
    /// Whether the client may come back to its session, or has come back to it over another connection (<see cref="OrleansAdapterOptions.HubRecovery"/>). For
    /// a hub's <c>OnDisconnectedAsync</c>, which runs for each connection that ends: where this is true, the connection id, the groups and
    /// <see cref="SocketData"/> live on, and are not to be cleaned up. False where the hub or its client meant the end, and where there is no session.
    /// </summary>
    /// <example>
    /// <code>
    /// public override async Task OnDisconnectedAsync(Exception? exception)
    /// {
    ///     if (!Context.MayComeBack())
    ///     {
    ///         await Clients.Group("news").SendAsync("left", Context.ConnectionId);
    ///     }
    /// }
    /// </code>
    /// </example>
    /// <exception cref="InvalidOperationException">As with <see cref="SocketData"/>.</exception>
    public static bool MayComeBack(this HubCallerContext context) => SocketOf(context).MayComeBack;

    private static HubSocket SocketOf(HubCallerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<HubSocket>()
            ?? throw new InvalidOperationException("The connection is not OrleansAdapter's: call AddSignalR().AddOrleansAdapter(), "
                + "and give the hub no other HubLifetimeManager.");
    }
}
