using System.Buffers;
using System.IO.Pipelines;
using OrleansAdapter.Primary;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// Puts ready frames on a WebSocket's connection, all that is there in one write. Whole frames only, from whatever thread, so that the frames which
/// the framework's WebSocket writes by itself (pong, close) never get into the middle of one.
/// </summary>
internal sealed class FrameWriter(PipeWriter output) : IFrameWriter
{
    /// <summary>What is larger is written in pieces, so that it is seen whether the client takes any, and is not copied whole.</summary>
    private const int PieceBytes = 64 << 10;

    /// <summary>So much the system may be given in one call: nobody else's turn is to wait for more.</summary>
    private const int LargestAtOnce = 256 << 10;

    private readonly Lock _lock = new();

    private Task? _flushing;
    private ReadOnlyMemory<byte> _last;
    private bool _ended;

    /// <inheritdoc/>
    public WebSocketTransport? Transport { get; set; }

    /// <inheritdoc/>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _flushing is null && !_ended;
            }
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<OutboundPacket> packets, bool base64)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }
            if (packets is [var single])
            {
                WriteSingle(base64 ? single.Base64Frames : single.Frames);
                return;
            }
            foreach (var packet in packets)
            {
                TryWrite(base64 ? packet.Base64Frames : packet.Frames);
            }
            StartFlush();
        }
    }

    /// <inheritdoc/>
    public bool TryFinish(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (_ended || _flushing is not null)
            {
                return false;
            }
            TryWrite(frame);
            StartFlush();
            _ended = true;
            return true;
        }
    }

    /// <inheritdoc/>
    public bool TryFinishLater(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (_ended || _flushing is null)
            {
                return false;
            }
            _last = frame;
            return true;
        }
    }

    /// <summary>Writes what the framework's WebSocket has to say; waits for its turn.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> frame)
    {
        while (true)
        {
            Task? flushing;
            lock (_lock)
            {
                if (_ended)
                {
                    return;
                }
                flushing = _flushing;
                if (flushing is null)
                {
                    TryWrite(frame);
                    StartFlush();
                    return;
                }
            }
            await flushing.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        Task? flushing;
        lock (_lock)
        {
            _ended = true;
            flushing = _flushing;
            if (flushing is not null)
            {
                output.CancelPendingFlush();
            }
        }
        if (flushing is not null)
        {
            await flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void WriteSingle(ReadOnlyMemory<byte> frames)
    {
        if (frames.Length > PieceBytes)
        {
            // Mostly the system takes a whole message at once, and no other thread has to be woken.
            var sent = output is SocketOutput direct && frames.Length <= LargestAtOnce ? direct.SendNow(frames.Span) : 0;
            if (sent < frames.Length)
            {
                _flushing = WritePiecesAsync(frames[sent..]);
            }
        }
        else if (output is SocketOutput socket)
        {
            // They never change, and all who get this packet share them.
            Follow(socket.SendAsync(frames));
        }
        else
        {
            TryWrite(frames);
            StartFlush();
        }
    }

    private void TryWrite(ReadOnlyMemory<byte> bytes)
    {
        if (_ended)
        {
            return;
        }
        try
        {
            output.Write(bytes.Span);
        }
        catch (InvalidOperationException)
        {
            _ended = true;
        }
    }

    private void StartFlush()
    {
        if (_ended)
        {
            return;
        }
        try
        {
            Follow(output.FlushAsync(CancellationToken.None));
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            _ended = true;
        }
    }

    private void Follow(ValueTask<FlushResult> flush)
    {
        if (!flush.IsCompletedSuccessfully)
        {
            _flushing = WaitAsync(flush);
        }
        else if (flush.Result.IsCompleted)
        {
            _ended = true;
        }
    }

    private async Task WaitAsync(ValueTask<FlushResult> flush)
    {
        // The rest runs without the lock, and after this task was noted.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var ended = false;
        try
        {
            ended = (await flush.ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            ended = true;
        }
        Flushed(ended);
    }

    private async Task WritePiecesAsync(ReadOnlyMemory<byte> bytes)
    {
        // The rest runs without the lock, and after this task was noted.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var ended = false;
        try
        {
            while (!bytes.IsEmpty && !ended)
            {
                var piece = bytes[..Math.Min(PieceBytes, bytes.Length)];
                bytes = bytes[piece.Length..];
                var write = output is SocketOutput socket ? socket.SendAsync(piece) : output.WriteAsync(piece, CancellationToken.None);
                var result = await write.ConfigureAwait(false);
                ended = result.IsCompleted || result.IsCanceled || Volatile.Read(ref _ended);
                Transport?.Progressed();
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            ended = true;
        }
        Flushed(ended);
    }

    private void Flushed(bool ended)
    {
        lock (_lock)
        {
            _flushing = null;
            _ended |= ended;
            if (!_last.IsEmpty)
            {
                TryWrite(_last);
                StartFlush();
                _ended = true;
            }
        }
        Transport?.WriterIsIdle();
    }
}
