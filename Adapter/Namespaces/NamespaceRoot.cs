
namespace OrleansAdapter;

/// <summary>A namespace as a whole: besides broadcasts to its sockets, what its servers say to each other, and who they are.</summary>
public abstract class NamespaceRoot : BroadcastRoot
{
    private protected NamespaceRoot()
    {
    }

    /// <summary>The namespace's name, which begins with a slash.</summary>
    public abstract string Name { get; }

    /// <summary>How many sockets this server holds in the namespace.</summary>
    public int LocalSocketCount => Owner.HeldSockets;

    /// <summary>
    /// Says what this server does with an event that other servers send it (Socket.IO: <c>serverSideEmit</c>). The namespace's events are handled in order,
    /// each when the handler of the one before has ended, or has taken longer than <see cref="OrleansAdapterOptions.RequestsTimeout"/>.
    /// </summary>
    /// <param name="event">The event.</param>
    /// <param name="handler">Returns the answer, for those who ask for one. What it throws is told to them.</param>
    /// <exception cref="ArgumentException">The name is reserved.</exception>
    /// <exception cref="InvalidOperationException">The event has a handler already.</exception>
    public void OnServerSideEmit(string @event, Func<ServerSideEvent, Task<object?>> handler) => Owner.ServerSide.On(@event, handler);

    /// <summary>Sends an event to all other servers, without answers. Ends when it is in the one order.</summary>
    /// <exception cref="ArgumentException">The name is reserved.</exception>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    public Task ServerSideEmitAsync(string @event, params ReadOnlySpan<object?> arguments) => Owner.ServerSide.EmitAsync(@event, arguments);

    /// <summary>
    /// Sends an event to all other servers, and waits for one answer of each. A server that has no handler, whose handler throws, or that dies meanwhile
    /// has an error in the place of its answer.
    /// </summary>
    /// <typeparam name="T">The type of the answers.</typeparam>
    /// <param name="event">The event.</param>
    /// <param name="timeout">How long; null for <see cref="OrleansAdapterOptions.RequestsTimeout"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The name is reserved.</exception>
    /// <exception cref="ServerSideTimeoutException{T}">Some did not answer; it carries the answers of the others, and names them.</exception>
    /// <exception cref="RequestTimeoutException">The directory did not say in time who the others are.</exception>
    public Task<IReadOnlyList<ServerSideResult<T>>> ServerSideEmitWithAckAsync<T>(
        string @event, TimeSpan? timeout = null, params ReadOnlySpan<object?> arguments) =>
        Owner.ServerSide.EmitWithAckAsync<T>(@event, timeout, arguments);

    /// <summary>
    /// The servers of the cluster, in all namespaces: since when each runs, and how many sockets it last said it holds (it says so every
    /// <see cref="OrleansAdapterOptions.HeartbeatInterval"/>).
    /// </summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now.</exception>
    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken = default) => Owner.Server.ServersAsync(cancellationToken);

    /// <summary>How many servers the cluster has, this one included.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now.</exception>
    public async Task<int> ServerCountAsync(CancellationToken cancellationToken = default) =>
        (await ServersAsync(cancellationToken).ConfigureAwait(false)).Count;
}
