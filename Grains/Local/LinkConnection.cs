using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Codec;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Local;

/// <summary>What takes a link's messages. Called by the link's one reader; returns at once.</summary>
internal interface ILinkHandler
{
    /// <summary>Takes a message, which is the handler's to keep, in the form of the link's version.</summary>
    /// <exception cref="ProtocolException">It is no such message: the link is closed.</exception>
    void Handle(ReadOnlyMemory<byte> message, byte version);
}

/// <summary>
/// One link that has been agreed on, either side: a reader that puts messages together and hands them over, and a <see cref="LinkWriter"/>.
/// The first reason to end it wins, and is what <see cref="RunAsync"/> returns.
/// </summary>
internal sealed class LinkConnection
{
    private readonly Socket _socket;
    private readonly PipeReader _reader;
    private readonly LinkWriter _writer;
    private readonly LinkFrames.Reader _frames;
    private readonly LinkMetrics _metrics;
    private readonly ILogger _logger;
    private readonly byte _version;
    private string? _reason;

    public LinkConnection(Socket socket, PipeReader reader, Stream stream, byte version, LinkOptions options, LinkMetrics metrics, ILogger logger)
    {
        _socket = socket;
        _reader = reader;
        _frames = new LinkFrames.Reader(options.MaximumMessageBytes);
        _metrics = metrics;
        _logger = logger;
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: LinkSocket.BufferBytes, leaveOpen: true));
        _writer = new LinkWriter(output, version, options, metrics, logger);
        _version = version;
    }

    /// <summary>The version of the protocol that both sides speak.</summary>
    public byte Version => _version;

    /// <summary>What waits to be sent, in bytes.</summary>
    public long QueuedBytes => _writer.QueuedBytes;

    /// <summary>Queues a message; false where the queue is over its bound or the link has ended.</summary>
    public bool Send(in LinkPacket packet) => _writer.TryAdd(packet);

    /// <summary>Ends the link now, for this reason unless there was one before. What is queued is lost.</summary>
    public void Close(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _writer.Complete();
        _socket.Dispose();
    }

    /// <summary>Sends what is queued, and then ends the link.</summary>
    public void Finish() => _writer.Complete();

    /// <summary>Receives and sends until the link ends; returns why it did.</summary>
    public async Task<string> RunAsync(ILinkHandler handler)
    {
        _metrics.Opened();
        await Task.WhenAll(ReadAsync(handler), WriteAsync());
        await _reader.CompleteAsync();
        _metrics.Closed();
        return _reason!;
    }

    private async Task ReadAsync(ILinkHandler handler)
    {
        try
        {
            while (true)
            {
                var result = await _reader.ReadAsync();
                var buffer = result.Buffer;
                Handle(handler, ref buffer);
                _reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    Close("the other side closed it");
                    return;
                }
            }
        }
        catch (ProtocolException exception)
        {
            Close(exception.Message);
        }
#pragma warning disable CA1031 // However it fails, the link ends with a reason; a server's link is then made again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Close($"receiving failed: {exception.Message}");
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await _writer.Ended;
            _socket.Shutdown(SocketShutdown.Send);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Close($"sending failed: {exception.Message}");
        }
    }

    /// <summary>What has come at once is handled at once: its turns begin behind it.</summary>
    private void Handle(ILinkHandler handler, ref ReadOnlySequence<byte> buffer)
    {
        using var batch = WorkBatch.Begin();
        while (_frames.TryRead(ref buffer) is { } message)
        {
            _metrics.Received(message.Length);
            Handle(handler, message);
        }
    }

    private void Handle(ILinkHandler handler, byte[] message)
    {
        try
        {
            handler.Handle(message, _version);
        }
#pragma warning disable CA1031 // A handler's bug must not take the link down; the link's own errors do.
        catch (Exception exception) when (exception is not ProtocolException)
#pragma warning restore CA1031
        {
            LinkLog.HandlerFailed(_logger, exception);
        }
    }
}
