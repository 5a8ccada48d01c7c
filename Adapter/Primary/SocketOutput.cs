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
    private const int BufferBytes = 4096;

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly PipeWriter _transport;
    private byte[]? _buffer;
    private int _length;
    private Task<bool>? _sending;
    private TaskCompletionSource? _canceled;
    private bool _cancelNext;
    private bool _hasEnded;
    private bool _isCompleted;

    /// <param name="socket">Where to. It no longer blocks.</param>
    /// <param name="transport">The transport's pipe, in which nothing is put: the transport closes the socket when it is completed.</param>
    public SocketOutput(Socket socket, PipeWriter transport)
    {
        _socket = socket;
        _transport = transport;
        _socket.Blocking = false;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length;

    /// <summary>Makes a connection of the transport's sockets write in this way.</summary>
    public static IDuplexPipe Around(IDuplexPipe transport, Socket socket) => new Both(transport.Input, new SocketOutput(socket, transport.Output));

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
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var (buffer, length) = (_buffer, _length);
        (_buffer, _length) = (null, 0);
        return SendAsync(buffer.AsMemory(0, length), buffer, cancellationToken);
    }

    /// <summary>Sends bytes that never change, without a copy of them; what was written and not flushed goes before them.</summary>
    public ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_length == 0 || _isCompleted)
        {
            return SendAsync(bytes, null, CancellationToken.None);
        }
        this.Write(bytes.Span);
        return FlushAsync(CancellationToken.None);
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

    /// <summary>Ends it. The transport closes the socket, behind what is still to be sent.</summary>
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

    private static void GiveBack(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> bytes, byte[]? rented, CancellationToken cancellationToken)
    {
        Task<bool> sending;
        TaskCompletionSource canceled;
        lock (_gate)
        {
            _hasEnded |= _isCompleted;
            var before = _sending is { IsCompleted: false } ? _sending : null;
            var sent = before is null && !bytes.IsEmpty ? Send(bytes.Span) : 0;
            if (_hasEnded || (before is null && sent == bytes.Length))
            {
                GiveBack(rented);
                var wasCanceled = _cancelNext;
                _cancelNext = false;
                return new ValueTask<FlushResult>(new FlushResult(wasCanceled, _hasEnded));
            }
            sending = _sending = SendRestAsync(before, bytes[sent..], rented);
            canceled = _canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_cancelNext)
            {
                _cancelNext = false;
                canceled.SetResult();
            }
        }
        return WaitAsync(sending, canceled, cancellationToken);
    }

    /// <summary>Gives the system what it takes at once, and says how much that was.</summary>
    private int Send(ReadOnlySpan<byte> bytes)
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
        }
        GiveBack(rented);
        if (hasEnded)
        {
            lock (_gate)
            {
                _hasEnded = true;
            }
        }
        return hasEnded;
    }

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

    /// <summary>A buffer that is completed while somebody writes into it does not go back to where others get theirs.</summary>
    private void MakeRoom(int sizeHint)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing can be written to a connection that was completed.");
        }
        var wanted = Math.Max(sizeHint, 1);
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, BufferBytes));
        }
        else if (_buffer.Length - _length < wanted)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + wanted, 2 * _buffer.Length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    private sealed class Both(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
