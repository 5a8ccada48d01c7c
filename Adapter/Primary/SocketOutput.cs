using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace OrleansAdapter.Primary;

/// <summary>
/// The way to a client that sends where it is flushed: in that call, on its thread, and from the caller's own bytes where it may keep them. The transport's
/// pipe would copy them, and have a loop send the copy. What the system does not take at once is sent behind it; only then a flush has to be waited for.
/// </summary>
/// <remarks>
/// As with any <see cref="PipeWriter"/>, one at a time writes and flushes; others may complete it, or cancel the flush, meanwhile.
/// </remarks>
internal sealed class SocketOutput : PipeWriter
{
    private const int FirstBuffer = 4 << 10;
    private const int LargestBuffer = 64 << 10;

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly PipeWriter _transport;
    private List<ArraySegment<byte>>? _full;
    private byte[]? _buffer;
    private int _length;
    private long _unflushed;
    private Task<bool>? _sending;
    private TaskCompletionSource? _canceled;
    private bool _cancelNext;
    private bool _hasEnded;
    private bool _isCompleted;

    /// <param name="socket">Where to. It no longer blocks.</param>
    /// <param name="transport">The transport's pipe, in which nothing is put: completing it makes the transport close the socket.</param>
    public SocketOutput(Socket socket, PipeWriter transport)
    {
        _socket = socket;
        _transport = transport;
        _socket.Blocking = false;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    /// <summary>What is still being sent; ends when the client has taken it, or has gone.</summary>
    public Task Sending
    {
        get
        {
            lock (_gate)
            {
                return _sending ?? Task.CompletedTask;
            }
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsSpan(_length);
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _length);
        _length += bytes;
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => SendAsync(default, cancellationToken);

    /// <summary>Sends bytes that never change, without a copy of them; what was written and not flushed goes before them.</summary>
    public ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> bytes) => SendAsync(bytes, CancellationToken.None);

    /// <summary>
    /// Gives the system as much of these bytes as it takes at once, where nothing waits to be sent before them. The rest is the caller's affair.
    /// </summary>
    /// <returns>How much it took.</returns>
    public int SendNow(ReadOnlySpan<byte> bytes)
    {
        int sent;
        bool hasFailed;
        lock (_gate)
        {
            if (_hasEnded || _isCompleted || _unflushed > 0 || _sending is { IsCompleted: false })
            {
                return 0;
            }
            sent = TrySend(bytes);
            hasFailed = _hasEnded;
        }
        if (hasFailed)
        {
            CloseSocket();
        }
        return sent;
    }

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (_canceled is { } waiting)
            {
                waiting.TrySetResult();
            }
            else
            {
                _cancelNext = true;
            }
        }
    }

    /// <summary>Ends it: the transport closes the socket, behind what is still to be sent.</summary>
    public override void Complete(Exception? exception = null)
    {
        Task<bool>? sending;
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }
            _isCompleted = true;
            sending = _sending;
        }
        if (sending is null or { IsCompleted: true })
        {
            _transport.Complete(exception);
        }
        else
        {
            _ = CompleteBehindAsync(sending, exception);
        }
    }

    private ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> shared, CancellationToken cancellationToken)
    {
        var (full, buffer, length) = (_full, _buffer, _length);
        (_full, _buffer, _length, _unflushed) = (null, null, 0, 0);
        TaskCompletionSource? canceled = null;
        Task<bool>? sending;
        bool wasCanceled, hasEnded, hasFailed;
        lock (_gate)
        {
            var hadEnded = _hasEnded |= _isCompleted;
            if (full is not null)
            {
                foreach (var one in full)
                {
                    Send(one, one.Array);
                }
            }
            Send(buffer.AsMemory(0, length), buffer);
            Send(shared, null);
            (hasEnded, hasFailed) = (_hasEnded, _hasEnded && !hadEnded);
            (wasCanceled, _cancelNext) = (_cancelNext, false);
            sending = !hasEnded && _sending is { IsCompleted: false } ? _sending : null;
            if (sending is not null)
            {
                canceled = _canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
        if (hasFailed)
        {
            CloseSocket();
        }
        if (canceled is null)
        {
            return new ValueTask<FlushResult>(new FlushResult(wasCanceled, hasEnded));
        }
        if (wasCanceled)
        {
            canceled.SetResult();
        }
        return WaitAsync(sending!, canceled, cancellationToken);
    }

    /// <summary>
    /// Gives the system what it takes at once; the rest, and what comes while there is a rest, is sent behind that. For callers that hold the gate.
    /// </summary>
    private void Send(ReadOnlyMemory<byte> bytes, byte[]? rented)
    {
        var before = _sending is { IsCompleted: false } ? _sending : null;
        var sent = before is null && !bytes.IsEmpty ? TrySend(bytes.Span) : 0;
        if (_hasEnded || sent == bytes.Length)
        {
            GiveBack(rented);
            return;
        }
        _sending = SendRestAsync(before, bytes[sent..], rented);
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (_hasEnded)
        {
            return 0;
        }
        try
        {
            var sent = _socket.Send(bytes, SocketFlags.None, out var error);
            _hasEnded = error is not (SocketError.Success or SocketError.WouldBlock);
            return error == SocketError.Success ? sent : 0;
        }
        catch (ObjectDisposedException)
        {
            _hasEnded = true;
            return 0;
        }
    }

    /// <summary>Sends what the system did not take; returns whether the connection has ended.</summary>
    private async Task<bool> SendRestAsync(Task<bool>? before, ReadOnlyMemory<byte> bytes, byte[]? rented)
    {
        var hasEnded = before is not null && await before.ConfigureAwait(false);
        try
        {
            while (!hasEnded && !bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None).ConfigureAwait(false)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            hasEnded = true;
            lock (_gate)
            {
                _hasEnded = true;
            }
            CloseSocket();
        }
        GiveBack(rented);
        return hasEnded;
    }

    /// <summary>
    /// The client has gone. The transport does not see it where it waits for this server to read: it has to be told, or the connection stays for ever. On
    /// another thread, since what follows from it follows at once, and whoever writes may hold locks.
    /// </summary>
    private void CloseSocket() => ThreadPool.UnsafeQueueUserWorkItem(static transport => transport.Complete(), _transport, preferLocal: false);

    private async ValueTask<FlushResult> WaitAsync(Task<bool> sending, TaskCompletionSource canceled, CancellationToken cancellationToken)
    {
        try
        {
            var first = await Task.WhenAny(sending, canceled.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
            return first == sending ? new FlushResult(false, await sending.ConfigureAwait(false)) : new FlushResult(true, false);
        }
        finally
        {
            lock (_gate)
            {
                _canceled = _canceled == canceled ? null : _canceled;
            }
        }
    }

    private async Task CompleteBehindAsync(Task<bool> sending, Exception? exception)
    {
        await sending.ConfigureAwait(false);
        _transport.Complete(exception);
    }

    /// <summary>Makes room behind what was written. What is full stays where it is: nothing is copied, however much is written before a flush.</summary>
    private void MakeRoom(int sizeHint)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing can be written to a connection that was completed.");
        }
        var wanted = Math.Max(sizeHint, 1);
        if (_buffer is { } buffer)
        {
            if (buffer.Length - _length >= wanted)
            {
                return;
            }
            (_full ??= []).Add(new ArraySegment<byte>(buffer, 0, _length));
            wanted = Math.Max(wanted, Math.Min(2 * buffer.Length, LargestBuffer));
        }
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, FirstBuffer));
        _length = 0;
    }

    private static void GiveBack(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
