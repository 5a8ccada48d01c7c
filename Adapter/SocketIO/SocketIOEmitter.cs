using System.Diagnostics;
using OrleansAdapter.Requests;

namespace OrleansAdapter.SocketIO;

/// <summary>How something is emitted to one client. Immutable.</summary>
public sealed class SocketIOEmitter
{
    private readonly SocketIOSocket _socket;
    private readonly bool _volatile;
    private readonly bool _compress;
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _cancellation;

    internal SocketIOEmitter(SocketIOSocket socket, bool isVolatile, bool compress, TimeSpan? timeout, CancellationToken cancellation)
    {
        if (timeout is { } time && time != System.Threading.Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(timeout));
        }
        (_socket, _volatile, _compress, _timeout, _cancellation) = (socket, isVolatile, compress, timeout, cancellation);
    }

    /// <summary>May be dropped while the client has not taken what was sent before.</summary>
    public SocketIOEmitter Volatile => new(_socket, true, _compress, _timeout, _cancellation);

    /// <summary>Whether it may be compressed.</summary>
    public SocketIOEmitter Compress(bool compress) => new(_socket, _volatile, compress, _timeout, _cancellation);

    /// <summary>How long the client may take to acknowledge, and what else ends the wait.</summary>
    public SocketIOEmitter Timeout(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        new(_socket, _volatile, _compress, timeout, cancellationToken);

    /// <summary>Sends an event to the client at once, outside the namespace's order.</summary>
    /// <exception cref="ArgumentException">The name is empty or reserved.</exception>
    public void Emit(string @event, params ReadOnlySpan<object?> arguments) => _socket.Emit(@event, arguments, null, _volatile, _compress);

    /// <summary>Sends an event and waits for the client's acknowledgement: the first argument of it; default where it has none.</summary>
    /// <exception cref="TimeoutException">The client took too long.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="SocketDisconnectedException">The client disconnected first.</exception>
    /// <exception cref="InvalidOperationException">The client owes too many acknowledgements; nothing was sent.</exception>
    /// <exception cref="System.Text.Json.JsonException">The answer is no <typeparamref name="T"/>.</exception>
    public Task<T?> EmitWithAckAsync<T>(string @event, params ReadOnlySpan<object?> arguments) => FirstAsync<T>(EmitWithAckAsync(@event, arguments));

    /// <summary>Sends an event and waits for the client's acknowledgement: all arguments of it.</summary>
    /// <exception cref="TimeoutException">The client took too long.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="SocketDisconnectedException">The client disconnected first.</exception>
    /// <exception cref="InvalidOperationException">The client owes too many acknowledgements; nothing was sent.</exception>
    public Task<SocketIOArguments> EmitWithAckAsync(string @event, params ReadOnlySpan<object?> arguments)
    {
        var pending = new PendingAck(null);
        var id = _socket.AddAck(pending) ?? throw _socket.CannotAck();
        var activity = RequestActivities.Start(_socket.Namespace.Name, _socket.Id, @event);
        try
        {
            _socket.Emit(@event, arguments, id, isVolatile: false, _compress);
        }
        catch
        {
            _socket.RemoveAck(id);
            RequestActivities.End(activity, "failed");
            throw;
        }
        return WaitAsync(pending, id, activity);
    }

    private static async Task<T?> FirstAsync<T>(Task<SocketIOArguments> acknowledgement)
    {
        var answer = await acknowledgement.ConfigureAwait(false);
        return answer.Count == 0 ? default : answer.Get<T>(0);
    }

    private async Task<SocketIOArguments> WaitAsync(PendingAck pending, long id, Activity? activity)
    {
        var outcome = "failed";
        try
        {
            var answer = await pending.Task.WaitAsync(
                _timeout ?? System.Threading.Timeout.InfiniteTimeSpan, _socket.Namespace.Server.Time, _cancellation).ConfigureAwait(false);
            outcome = "answered";
            return answer;
        }
        catch (OperationCanceledException)
        {
            outcome = "given up";
            throw;
        }
        catch (TimeoutException exception)
        {
            outcome = "timed out";
            throw new TimeoutException("operation has timed out", exception);
        }
        finally
        {
            _socket.RemoveAck(id);
            RequestActivities.End(activity, outcome);
        }
    }
}
