using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO;

/// <summary>An acknowledgement that a client owes: to somebody here, or to whoever broadcast.</summary>
internal sealed class PendingAck(ClientAck? broadcast)
{
    private readonly TaskCompletionSource<SocketIOArguments>? _answer = broadcast is null ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;

    public Task<SocketIOArguments> Task => _answer!.Task;

    public void Answer(SocketIOArguments arguments)
    {
        _answer?.TrySetResult(arguments);
        broadcast?.Answer(arguments.ToJsonArray(), arguments.Attachments);
    }

    /// <summary>The client has gone. A broadcast sees that for itself.</summary>
    public void Fail(string reason) => _answer?.TrySetException(new SocketDisconnectedException(reason));
}

/// <content>Acknowledgements that the client owes. Each wait ends: by the answer, by its timeout, or because the client has gone.</content>
public sealed partial class SocketIOSocket
{
    private Dictionary<long, PendingAck>? _acks;
    private long _lastAck = -1;

    /// <summary>How many acknowledgements the client owes.</summary>
    internal int PendingAckCount
    {
        get
        {
            lock (_lock)
            {
                return _acks?.Count ?? 0;
            }
        }
    }

    /// <summary>
    /// Completes when more may be read from the client: its handlers have got on, or one may wait for an acknowledgement, which has to be read.
    /// </summary>
    internal ValueTask WhenReadyAsync()
    {
        lock (_lock)
        {
            return _acks is { Count: > 0 } ? ValueTask.CompletedTask : _events.WhenReadyAsync();
        }
    }

    /// <summary>Notes an acknowledgement that is asked for; null if that may not be.</summary>
    internal long? AddAck(PendingAck pending)
    {
        lock (_lock)
        {
            if (_state == State.Disconnected || _acks?.Count >= Namespace.Server.Options.MaxPendingAcks)
            {
                return null;
            }
            (_acks ??= [])[++_lastAck] = pending;
            _events.Release();
            return _lastAck;
        }
    }

    internal void RemoveAck(long id)
    {
        lock (_lock)
        {
            _acks?.Remove(id);
            if (_acks is { Count: 0 })
            {
                _acks = null;
            }
        }
    }

    internal Exception CannotAck()
    {
        lock (_lock)
        {
            return _state == State.Disconnected
                ? new SocketDisconnectedException(_reason)
                : new InvalidOperationException(
                    $"The client owes {Namespace.Server.Options.MaxPendingAcks} acknowledgements already (MaxPendingAcks); nothing was sent.");
        }
    }

    private void AckReceived(long id, SocketIOArguments arguments)
    {
        PendingAck? pending;
        lock (_lock)
        {
            if (_acks is null || !_acks.Remove(id, out pending))
            {
                // Nobody asked, or nobody waits any more.
                return;
            }
        }
        pending.Answer(arguments);
    }

    private void FailAcks(string reason)
    {
        Dictionary<long, PendingAck>? acks;
        lock (_lock)
        {
            (acks, _acks) = (_acks, null);
        }
        foreach (var pending in acks?.Values ?? Enumerable.Empty<PendingAck>())
        {
            pending.Fail(reason);
        }
    }
}
