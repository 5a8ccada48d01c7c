using OrleansAdapter.Namespaces;

namespace OrleansAdapter;

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

    /// <summary>Whether it may be compressed, where the transport compresses. It may, unless this says otherwise.</summary>
    public BroadcastOperator Compress(bool compress) =>
        compress ? Operator().Without(BroadcastFlags.Uncompressed) : Operator().With(BroadcastFlags.Uncompressed);

    /// <summary>How long to wait for the answers, or for the directory, instead of <see cref="OrleansAdapterOptions.RequestsTimeout"/>.</summary>
    public BroadcastOperator Timeout(TimeSpan timeout) => Operator().WithTimeout(timeout);

    /// <summary>
    /// Sends an event to every socket that matches. The task ends when the event is in the one order, in the mailbox of every server with members, and
    /// this server has handed it to its own; so awaiting it keeps program order.
    /// </summary>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    /// <exception cref="PublishQueueFullException">Nothing was sent: too much waits already.</exception>
    public Task Emit(string @event, params ReadOnlySpan<object?> arguments) => Operator().EmitCore(@event, arguments);

    /// <summary>
    /// Where a server that is alive gives no answer, take what the others said, and name it in the result; otherwise that is an error. Sockets of a server
    /// that died are gone, and no hole.
    /// </summary>
    public PartialOperator AllowPartial => new(Operator());

    /// <summary>
    /// Sends an event to every socket that matches and waits for what each answers: its first argument. Ends as soon as all have answered or are gone.
    /// Clients have <see cref="Timeout"/>, or <see cref="OrleansAdapterOptions.RequestsTimeout"/>; a server that says nothing about its clients has a
    /// second more.
    /// </summary>
    /// <typeparam name="T">The type of the answers.</typeparam>
    /// <exception cref="AckTimeoutException{T}">Some are silent; it carries the answers of the others, and names them.</exception>
    /// <exception cref="RequestTimeoutException">The directory did not say in time whom it went to; the outcome is unknown.</exception>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    /// <exception cref="TooManyRequestsException">Nothing was sent: too many requests are under way.</exception>
    public Task<IReadOnlyList<AckResult<T>>> EmitWithAckAsync<T>(string @event, params ReadOnlySpan<object?> arguments) =>
        BroadcastOperator.WholeAsync(Operator().EmitWithAckCore<T>(@event, arguments));

    /// <summary>The sockets that match, on all servers.</summary>
    /// <param name="secrets">Whether the auth payload, cookies and the like of their handshakes travel too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestTimeoutException">A server that is alive did not answer in time.</exception>
    /// <exception cref="RequestFailedException">A server could not answer: its data cannot be serialised, or are too large.</exception>
    /// <exception cref="TooManyRequestsException">Nothing was asked: too many requests are under way.</exception>
    public Task<IReadOnlyList<RemoteSocket>> FetchSocketsAsync(bool secrets = false, CancellationToken cancellationToken = default) =>
        BroadcastOperator.WholeAsync(Operator().FetchSocketsCoreAsync(secrets, cancellationToken));

    /// <summary>How many sockets match, on all servers. Moves no sockets.</summary>
    /// <exception cref="RequestTimeoutException">A server that is alive did not answer in time.</exception>
    /// <exception cref="TooManyRequestsException">Nothing was asked: too many requests are under way.</exception>
    public Task<long> CountSocketsAsync(CancellationToken cancellationToken = default) =>
        BroadcastOperator.WholeAsync(Operator().CountSocketsCoreAsync(cancellationToken));

    /// <summary>The names of the rooms that matching sockets are in, on all servers.</summary>
    /// <exception cref="RequestTimeoutException">A server that is alive did not answer in time.</exception>
    /// <exception cref="RequestFailedException">A server could not answer: the names are too large together.</exception>
    /// <exception cref="TooManyRequestsException">Nothing was asked: too many requests are under way.</exception>
    public Task<IReadOnlySet<string>> RoomsAsync(CancellationToken cancellationToken = default) =>
        BroadcastOperator.WholeAsync(Operator().RoomsCoreAsync(cancellationToken));

    /// <summary>The ids of all sockets that match, on all servers.</summary>
    /// <exception cref="RequestTimeoutException">A server that is alive did not answer in time.</exception>
    /// <exception cref="TooManyRequestsException">Nothing was asked: too many requests are under way.</exception>
    public Task<IReadOnlyCollection<SocketId>> SocketIdsAsync(CancellationToken cancellationToken = default) =>
        BroadcastOperator.WholeAsync(Operator().SocketIdsCoreAsync(cancellationToken));

    /// <summary>Makes all sockets that match join rooms. Ends when it holds everywhere.</summary>
    /// <exception cref="ArgumentException">A name cannot be that of a room: it is empty, too long, not valid Unicode, or the id of a socket.</exception>
    /// <exception cref="RequestTimeoutException">A server that is alive did not confirm it in time; it may still happen there.</exception>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    public Task SocketsJoinAsync(params ReadOnlySpan<string> rooms) => BroadcastOperator.WholeAsync(Operator().SocketsJoinCore(rooms));

    /// <summary>Makes all sockets that match leave rooms. Ends when it holds everywhere.</summary>
    /// <exception cref="RequestTimeoutException">A server that is alive did not confirm it in time; it may still happen there.</exception>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    public Task SocketsLeaveAsync(params ReadOnlySpan<string> rooms) => BroadcastOperator.WholeAsync(Operator().SocketsLeaveCore(rooms));

    /// <summary>Disconnects all sockets that match. Ends when it holds everywhere.</summary>
    /// <param name="close">Whether their whole connections end, not only their part in this namespace.</param>
    /// <exception cref="RequestTimeoutException">A server that is alive did not confirm it in time; it may still happen there.</exception>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    public Task DisconnectSocketsAsync(bool close = false) => BroadcastOperator.WholeAsync(Operator().DisconnectSocketsCore(close));

    private protected virtual BroadcastOperator Operator() => new(Owner);
}
