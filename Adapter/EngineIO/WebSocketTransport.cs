using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.EngineIO;

/// <summary>Carries a session over a WebSocket whose frames are written ready-made. What comes in is read by <see cref="WebSocketRequest"/>.</summary>
internal sealed class WebSocketTransport : IEngineTransport
{
    public const string TransportName = "websocket";

    /// <summary>How much goes into one write: beyond it, waiting in the session's queue is better than waiting in the connection's buffers.</summary>
    private const int BatchBytes = 64 << 10;

    /// <summary>How long a client may take to answer a close.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly EngineSession _session;
    private readonly IFrameWriter _writer;
    private readonly bool _base64;
    private readonly HttpContext _context;
    private ITimer? _closeTimer;
    private bool _closed;
    private bool _ended;

    /// <param name="session">What it carries, or will when the upgrade completes.</param>
    /// <param name="writer">The way to the client.</param>
    /// <param name="base64">Whether the client takes text only.</param>
    /// <param name="context">The request that lives as long as the connection; cuts it where need be.</param>
    public WebSocketTransport(EngineSession session, IFrameWriter writer, bool base64, HttpContext context)
    {
        _session = session;
        _writer = writer;
        _base64 = base64;
        _context = context;
        _writer.Transport = this;
    }

    public string Name => TransportName;

    public bool IsWritable => !_closed && _writer.IsIdle;

    public int BatchSize => BatchBytes;

    public void Send(ReadOnlySpan<OutboundPacket> packets) => _writer.Write(packets, _base64);

    /// <summary>Waits until more may be read from the client. Nobody would see it go meanwhile, so that is looked after.</summary>
    public async ValueTask WhenReadyAsync()
    {
        var ready = _session.WhenReadyAsync();
        if (!ready.IsCompletedSuccessfully)
        {
            await using (_context.RequestAborted.UnsafeRegister(
                static state =>
                    ((WebSocketTransport)state!)._session.TransportEnded(
                        (WebSocketTransport)state, EngineCloseReason.TransportClose, null), this).ConfigureAwait(false))
            {
                await ready.ConfigureAwait(false);
            }
        }
    }

    /// <summary>A part of what was written last has left.</summary>
    public void Progressed() => _session.Progressed(this);

    /// <summary>What was written last has left.</summary>
    public void WriterIsIdle() => _session.TransportReady(this);

    public void Close() => Close(WebSocketFrame.Close);

    /// <summary>
    /// Ends it with a close frame, behind what is being written. Cuts it where none can be written, or the client does not take it and answer in time.
    /// </summary>
    public void Close(ReadOnlyMemory<byte> frame)
    {
        if (_closed)
        {
            return;
        }
        _closed = true;
        if (_writer.TryFinishLater(frame) || _writer.TryFinish(frame))
        {
            _closeTimer = Timers.Once(_session.Time, CloseTimeout, static state => ((WebSocketTransport)state!).CloseTimedOut(), this);
        }
        else
        {
            _context.Abort();
        }
    }

    /// <summary>The connection is over, whoever ended it. Returns when nothing is being written any more.</summary>
    public Task EndAsync()
    {
        _session.Run(this, static transport =>
        {
            transport._closed = true;
            transport._ended = true;
            transport._closeTimer?.Dispose();
        });
        return _writer.EndAsync();
    }

    private void CloseTimedOut() => _session.Run(this, static transport =>
    {
        // Behind its end, the connection may serve somebody else.
        if (!transport._ended)
        {
            transport._context.Abort();
        }
    });
}
