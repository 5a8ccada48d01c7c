using System.Text.Json;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter;

/// <summary>A socket of any server, as it was when it was fetched, and the ways to steer it. What is done to it travels in the namespace's order.</summary>
public sealed class RemoteSocket
{
    private readonly Namespace _namespace;
    private readonly TimeSpan? _timeout;

    internal RemoteSocket(
        Namespace @namespace, SocketId id, ServerId server, string? userId, IReadOnlySet<string> rooms, JsonElement data, JsonElement handshake)
    {
        _namespace = @namespace;
        (Id, Server, UserId, Rooms, Data, Handshake) = (id, server, userId, rooms, data, handshake);
    }

    private RemoteSocket(RemoteSocket same, TimeSpan timeout)
        : this(same._namespace, same.Id, same.Server, same.UserId, same.Rooms, same.Data, same.Handshake)
    {
        _timeout = timeout;
        Omitted = same.Omitted;
    }

    /// <summary>The socket's id.</summary>
    public SocketId Id { get; }

    /// <summary>The server that holds it.</summary>
    public ServerId Server { get; }

    /// <summary>The user whose socket it is, if there is one.</summary>
    public string? UserId { get; }

    /// <summary>The rooms it was in.</summary>
    public IReadOnlySet<string> Rooms { get; }

    /// <summary>What its server's application keeps with it.</summary>
    public JsonElement Data { get; }

    /// <summary>How the client connected; without the auth payload, cookies and the like, unless they were asked for.</summary>
    public JsonElement Handshake { get; }

    /// <summary>
    /// What of it is not shown, and why; null where everything is. Data or a handshake that cannot be serialised, are not Unicode, are deeper than 32
    /// levels or larger than <see cref="OrleansAdapterOptions.MaxDataBytes"/> are null here, and rooms are empty where their names do not fit into an
    /// answer.
    /// </summary>
    public string? Omitted { get; internal init; }

    /// <summary>The same socket, with another time to wait than <see cref="OrleansAdapterOptions.RequestsTimeout"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive, or over 24 days.</exception>
    public RemoteSocket Timeout(TimeSpan timeout)
    {
        _ = _namespace.Timeout(timeout); // checked where all are
        return new RemoteSocket(this, timeout);
    }

    /// <summary>Sends an event to the socket. Ends when it is in the one order.</summary>
    /// <exception cref="OperationException">The outcome is unknown.</exception>
    public Task EmitAsync(string @event, params ReadOnlySpan<object?> arguments) => Itself.Emit(@event, arguments);

    /// <summary>Sends an event to the socket and waits for its acknowledgement: the first argument of it.</summary>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <exception cref="AckTimeoutException{T}">The client is silent.</exception>
    /// <exception cref="AckFailedException">The client answered with an error, or has gone.</exception>
    public Task<T?> EmitWithAckAsync<T>(string @event, params ReadOnlySpan<object?> arguments) => OnlyAsync(Itself.EmitWithAckAsync<T>(@event, arguments));

    /// <summary>Makes it join rooms. Ends when it holds everywhere; nothing happens where it has gone.</summary>
    public Task JoinAsync(params ReadOnlySpan<string> rooms) => Itself.SocketsJoinAsync(rooms);

    /// <summary>Makes it leave rooms. Ends when it holds everywhere.</summary>
    public Task LeaveAsync(params ReadOnlySpan<string> rooms) => Itself.SocketsLeaveAsync(rooms);

    /// <summary>Disconnects it. Ends when it holds everywhere.</summary>
    /// <param name="close">Whether the whole connection ends, not only its part in this namespace.</param>
    public Task DisconnectAsync(bool close = false) => Itself.DisconnectSocketsAsync(close);

    private BroadcastOperator Itself => _timeout is { } timeout ? _namespace.To(Id.ToString()).Timeout(timeout) : _namespace.To(Id.ToString());

    private async Task<T?> OnlyAsync<T>(Task<IReadOnlyList<AckResult<T>>> answers) => await answers.ConfigureAwait(false) switch
    {
        [{ Error: null } answer] => answer.Value,
        [{ Error: { } error }] => throw new AckFailedException(Id, error),
        _ => throw new AckFailedException(Id, "it has gone"),
    };
}
