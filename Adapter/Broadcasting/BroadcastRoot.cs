using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Broadcasting;

/// <summary>
/// What can be broadcast to: a namespace, or an operator that narrows one down. Every member returns a new operator; none changes the one it is
/// called on, so operators may be kept and shared.
/// </summary>
public abstract class BroadcastRoot
{
    private protected BroadcastRoot()
    {
    }

    internal abstract Namespace Owner { get; }

    /// <summary>The members of a room as well; without any room, the whole namespace. The id of a socket means that socket.</summary>
    /// <exception cref="ArgumentException">The name is empty, over 1,024 bytes of UTF-8, or not valid Unicode.</exception>
    public BroadcastOperator To(params ReadOnlySpan<string> rooms) => Operator().WithRooms(rooms);

    /// <summary>The same as <see cref="To"/>.</summary>
    public BroadcastOperator In(params ReadOnlySpan<string> rooms) => To(rooms);

    /// <summary>All sockets of a user as well.</summary>
    public BroadcastOperator ToUser(string userId) => Operator().With(Room.OfUser(userId));

    /// <summary>Not the members of these rooms. The id of a socket means that socket.</summary>
    public BroadcastOperator Except(params ReadOnlySpan<string> rooms) => Operator().WithoutRooms(rooms);

    /// <summary>Only sockets of this server, outside the one order.</summary>
    public BroadcastOperator Local => Operator().OnlyLocal();

    /// <summary>May be dropped for clients that are slow.</summary>
    public BroadcastOperator Volatile => Operator().With(BroadcastFlags.Volatile);

    /// <summary>How long to wait for the answers, or for the directory, instead of <see cref="OrleansAdapterOptions.RequestsTimeout"/>.</summary>
    public BroadcastOperator Timeout(TimeSpan timeout) => Operator().WithTimeout(timeout);

    /// <summary>
    /// Sends an event to every socket that matches. The task ends when the event is in the one order, in the mailbox of every server with members, and
    /// this server has handed it to its own; so awaiting it keeps program order.
    /// </summary>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    /// <exception cref="PublishQueueFullException">Nothing was sent: too much waits already.</exception>
    public Task Emit(string @event, params ReadOnlySpan<object?> arguments) => Operator().EmitCore(@event, arguments);

    /// <summary>The ids of all sockets that match, on all servers.</summary>
    /// <exception cref="RequestTimeoutException">A server that is alive did not answer in time.</exception>
    public Task<IReadOnlyCollection<SocketId>> SocketIdsAsync(CancellationToken cancellationToken = default) => Operator().SocketIdsCoreAsync(cancellationToken);

    private protected virtual BroadcastOperator Operator() => new(Owner);
}
