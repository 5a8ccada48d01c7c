using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// The way out of a WebSocket that compresses (<see cref="EngineIOOptions.PerMessageDeflate"/>): its frames differ from client to client, so each is
/// made by the framework's WebSocket.
/// </summary>
internal sealed class CompressedWriter(int threshold) : IFrameWriter
{
    private readonly Lock _lock = new();
    private WebSocket? _socket;
    private Task? _writing;
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
                return _writing is null && !_ended;
            }
        }
    }

    /// <summary>Gives it the socket to write to, before anything is written.</summary>
    public void Use(WebSocket socket) => _socket = socket;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<OutboundPacket> packets, bool base64)
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _writing = WriteAsync(packets.ToArray(), base64);
            }
        }
    }

    /// <inheritdoc/>
    public bool TryFinish(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (_ended || _writing is not null)
            {
                return false;
            }
            _ended = true;
            var code = frame.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(frame.Span[2..]) : (ushort)WebSocketCloseStatus.NormalClosure;
            _writing = CloseAsync((WebSocketCloseStatus)code);
            return true;
        }
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        Task? writing;
        lock (_lock)
        {
            _ended = true;
            writing = _writing;
        }
        if (writing is not null)
        {
            _socket!.Abort();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WriteAsync(OutboundPacket[] packets, bool base64)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var ended = false;
        try
        {
            foreach (var packet in packets)
            {
                if (!packet.TextPacket.IsEmpty)
                {
                    await SendAsync(packet.TextPacket, WebSocketMessageType.Text, packet.Compress).ConfigureAwait(false);
                }
                foreach (var attachment in packet.Attachments)
                {
                    var text = base64 ? Encoding.UTF8.GetBytes("b" + Convert.ToBase64String(attachment.Span)) : attachment;
                    await SendAsync(text, base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, packet.Compress).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (IsConnectionOver(exception))
        {
            ended = true;
        }
        lock (_lock)
        {
            _writing = null;
            _ended |= ended;
        }
        Transport?.WriterIsIdle();
    }

    private async Task CloseAsync(WebSocketCloseStatus status)
    {
        try
        {
            await _socket!.CloseOutputAsync(status, null, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsConnectionOver(exception))
        {
        }
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type, bool compress)
    {
        var flags = WebSocketMessageFlags.EndOfMessage | (compress && message.Length >= threshold ? 0 : WebSocketMessageFlags.DisableCompression);
        return _socket!.SendAsync(message, type, flags, CancellationToken.None);
    }

    private static bool IsConnectionOver(Exception exception) =>
        exception is WebSocketException or IOException or OperationCanceledException or InvalidOperationException;
}
