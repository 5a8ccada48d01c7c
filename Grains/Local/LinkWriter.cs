using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Local;

/// <summary>
/// The sending half of a link: a queue that any thread adds to, bounded in bytes, and one at a time who encodes what is queued and sends it.
/// All that has piled up while a write was under way goes out in one write.
/// </summary>
internal sealed class LinkWriter(PipeWriter output, byte version, LinkOptions options, LinkMetrics metrics, ILogger logger) : IThreadPoolWorkItem
{
    /// <summary>A write begins once this much is encoded, even if more is queued: memory stays bounded, and the other side can begin.</summary>
    private const int FlushBytes = 256 << 10;

    /// <summary>The buffer for encoding is given back when a message made it larger than this.</summary>
    private const int LargestKept = 1 << 20;

    private readonly ConcurrentQueue<LinkPacket> _queue = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte> _scratch = new(4096);
    private long _queued;
    private int _scheduled;
    private volatile bool _completed;

    /// <summary>What waits to be sent, in bytes.</summary>
    public long QueuedBytes => Volatile.Read(ref _queued);

    /// <summary>Adds a message. False, and nothing is added, where the queue is over its bound or the link has ended. A Register is taken all the same: there is one per namespace, and a home does not wait long. Never blocks.</summary>
    public bool TryAdd(in LinkPacket packet)
    {
        var queued = Interlocked.Add(ref _queued, packet.Size);
        if (_completed || (queued > options.MaximumQueuedBytes && queued != packet.Size && packet.Content is not Register))
        {
            Interlocked.Add(ref _queued, -packet.Size);
            return false;
        }
        _queue.Enqueue(packet);
        Schedule();
        return true;
    }

    /// <summary>No more messages: <see cref="Ended"/> ends when what is queued is sent.</summary>
    public void Complete()
    {
        _completed = true;
        Schedule();
    }

    /// <summary>Ends when <see cref="Complete"/> was called and all is sent, or the link fails.</summary>
    public Task Ended => _ended.Task;

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            WorkBatch.Schedule(this);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (!_queue.IsEmpty)
            {
                var encoded = Encode(out var taken);
                if (encoded > 0)
                {
                    metrics.Sent(encoded);
                    await output.FlushAsync();
                }
                Interlocked.Add(ref _queued, -taken);
            }
            if (_completed)
            {
                _ended.TrySetResult(); // nobody sends after that
                return;
            }
        }
#pragma warning disable CA1031 // However it fails, the link ends.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _completed = true;
            _ended.TrySetException(exception);
            return;
        }
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (!_queue.IsEmpty || _completed)
        {
            Schedule();
        }
    }

    private long Encode(out long taken)
    {
        long encoded = 0;
        taken = 0;
        while (encoded < FlushBytes && _queue.TryDequeue(out var packet))
        {
            taken += packet.Size;
            encoded += Encode(packet);
        }
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
