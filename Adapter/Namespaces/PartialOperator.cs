
namespace OrleansAdapter;

/// <summary>
/// The requests of a <see cref="BroadcastOperator"/> for those who can do with part of an answer: a server that is alive and does not answer in time, or
/// cannot, is no error here but named in the result. Where nobody knows whom to ask, because the directory does not answer, there is no part either: a
/// <see cref="RequestTimeoutException"/>.
/// </summary>
public sealed class PartialOperator
{
    private readonly BroadcastOperator _target;

    internal PartialOperator(BroadcastOperator target) => _target = target;

    /// <inheritdoc cref="BroadcastRoot.FetchSocketsAsync"/>
    public Task<Partial<IReadOnlyList<RemoteSocket>>> FetchSocketsAsync(bool secrets = false, CancellationToken cancellationToken = default) =>
        _target.FetchSocketsCoreAsync(secrets, cancellationToken);

    /// <inheritdoc cref="BroadcastRoot.CountSocketsAsync"/>
    public Task<Partial<long>> CountSocketsAsync(CancellationToken cancellationToken = default) => _target.CountSocketsCoreAsync(cancellationToken);

    /// <inheritdoc cref="BroadcastRoot.RoomsAsync"/>
    public Task<Partial<IReadOnlySet<string>>> RoomsAsync(CancellationToken cancellationToken = default) => _target.RoomsCoreAsync(cancellationToken);

    /// <inheritdoc cref="BroadcastRoot.SocketIdsAsync"/>
    public Task<Partial<IReadOnlyCollection<SocketId>>> SocketIdsAsync(CancellationToken cancellationToken = default) =>
        _target.SocketIdsCoreAsync(cancellationToken);

    /// <inheritdoc cref="BroadcastRoot.EmitWithAckAsync{T}"/>
    public Task<PartialAcks<T>> EmitWithAckAsync<T>(string @event, params ReadOnlySpan<object?> arguments) => _target.EmitWithAckCore<T>(@event, arguments);

    /// <inheritdoc cref="BroadcastRoot.SocketsJoinAsync"/>
    /// <returns>The servers that have not confirmed it, though alive.</returns>
    public Task<IReadOnlyList<ServerFailure>> SocketsJoinAsync(params ReadOnlySpan<string> rooms) => _target.SocketsJoinCore(rooms);

    /// <inheritdoc cref="BroadcastRoot.SocketsLeaveAsync"/>
    /// <returns>The servers that have not confirmed it, though alive.</returns>
    public Task<IReadOnlyList<ServerFailure>> SocketsLeaveAsync(params ReadOnlySpan<string> rooms) => _target.SocketsLeaveCore(rooms);

    /// <inheritdoc cref="BroadcastRoot.DisconnectSocketsAsync"/>
    /// <returns>The servers that have not confirmed it, though alive.</returns>
    public Task<IReadOnlyList<ServerFailure>> DisconnectSocketsAsync(bool close = false) => _target.DisconnectSocketsCore(close);
}
