using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.Local;

/// <summary>
/// The sending half of a link: a queue that any thread adds to, bounded in bytes, and one task that encodes what is queued and sends it.
/// All that has piled up while a write was under way goes out in one write.
/// </summary>
internal sealed class LinkWriter(PipeWriter output, byte version, LinkOptions options, LinkMetrics metrics, ILogger logger)
{
    /// <summary>A write begins once this much is encoded, even if more is queued: memory stays bounded, and the other side can begin.</summary>
    private const int FlushBytes = 256 << 10;

    /// <summary>The buffer for encoding is given back when a message made it larger than this.</summary>
    private const int LargestKept = 1 << 20;

    private readonly Channel<LinkPacket> _queue = Channel.CreateUnbounded<LinkPacket>(new UnboundedChannelOptions { SingleReader = true });
    private ArrayBufferWriter<byte> _scratch = new(4096);
    private long _queued;

    /// <summary>What waits to be sent, in bytes.</summary>
    public long QueuedBytes => Volatile.Read(ref _queued);

    /// <summary>Adds a message. False, and nothing is added, where the queue is over its bound or the link has ended. A Register is taken all the same: there is one per namespace, and a home does not wait long. Never blocks.</summary>
    public bool TryAdd(in LinkPacket packet)
    {
        var queued = Interlocked.Add(ref _queued, packet.Size);
        if ((queued > options.MaximumQueuedBytes && queued != packet.Size && packet.Content is not Register) || !_queue.Writer.TryWrite(packet))
        {
            Interlocked.Add(ref _queued, -packet.Size);
            return false;
        }
        return true;
    }

    /// <summary>No more messages: <see cref="RunAsync"/> ends when what is queued is sent.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Sends until <see cref="Complete"/> was called and all is sent, or the link fails.</summary>
    public async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            var more = true;
            while (more)
            {
                var encoded = Encode(out var taken, out more);
                if (encoded > 0)
                {
                    metrics.Sent(encoded);
                    await output.FlushAsync();
                }
                Interlocked.Add(ref _queued, -taken);
            }
        }
    }

    private long Encode(out long taken, out bool more)
    {
        long encoded = 0;
        taken = 0;
        while (_queue.Reader.TryRead(out var packet))
        {
            taken += packet.Size;
            encoded += Encode(packet);
            if (encoded >= FlushBytes)
            {
                more = true;
                return encoded;
            }
        }
        more = false;
        return encoded;
    }

    private int Encode(in LinkPacket packet)
    {
        try
        {
            packet.Write(_scratch, version);
            LinkFrames.Write(output, _scratch.WrittenSpan);
            return _scratch.WrittenCount;
        }
#pragma warning disable CA1031 // One message that cannot be encoded must not stop the others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LinkLog.NotEncodable(logger, packet.Content?.GetType().Name ?? packet.Type.ToString(), exception);
            return 0;
        }
        finally
        {
            if (_scratch.Capacity > LargestKept)
            {
                _scratch = new ArrayBufferWriter<byte>(4096);
            }
            else
            {
                _scratch.ResetWrittenCount();
            }
        }
    }
}
