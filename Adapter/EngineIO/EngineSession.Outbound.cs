using System.Runtime.InteropServices;

namespace OrleansAdapter.EngineIO;

/// <content>What goes out: one queue, bounded in bytes, whatever carries the session.</content>
internal sealed partial class EngineSession
{
    /// <summary>A queue's array is kept for the next time up to this length.</summary>
    private const int KeptCapacity = 16;

    private List<OutboundPacket>? _queue;
    private long _queuedBytes;

    /// <summary>How many bytes wait for the client, beyond what its transport holds.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>Queues a packet and writes what is queued.</summary>
    public void Send(OutboundPacket packet, bool isVolatile = false)
    {
        if (Enqueue(packet, isVolatile))
        {
            Flush();
        }
    }

    /// <summary>
    /// Queues a packet; <see cref="Flush"/> writes it. A volatile one is dropped while the client has not taken what was written before.
    /// A client whose queue is full is closed; the handler is told later, on another thread.
    /// </summary>
    /// <returns>Whether it was queued.</returns>
    public bool Enqueue(OutboundPacket packet, bool isVolatile = false)
    {
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return false;
            }
            if (packet.Failure is { } failure)
            {
                EngineLog.NotEncoded(_server.Logger, failure);
                CloseBehindSender(EngineCloseReason.ParseError, failure.Message);
                return false;
            }
            if (isVolatile && !_transport.IsWritable)
            {
                _server.Dropped();
                return false;
            }
            if (_queuedBytes == 0 || _queuedBytes + packet.Size <= Math.Max(_server.Slow.Hard, 4L * packet.Size))
            {
                Add(packet);
                WatchIfAbove();
                return true;
            }
            CloseAsSlow($"more than {_server.Slow.Hard} bytes waited for it (ClientQueueHardLimit)");
        }
        return false;
    }

    /// <summary>Writes what is queued, if the transport takes it.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            FlushLocked();
        }
    }

    /// <summary>A transport takes packets again.</summary>
    public void TransportReady(IEngineTransport transport)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(transport, _transport))
            {
                return;
            }
            FlushLocked();
            if (!TryFinishClosing())
            {
                return;
            }
        }
        TellClosed(_closing, null);
    }

    private void Add(OutboundPacket packet)
    {
        (_queue ??= new List<OutboundPacket>(1)).Add(packet);
        _queuedBytes += packet.Size;
    }

    private void FlushLocked()
    {
        while (_state != State.Closed && _queue is { Count: > 0 } queue && _transport.IsWritable)
        {
            var count = 0;
            var bytes = 0L;
            while (count < queue.Count && (count == 0 || bytes + queue[count].Size <= _transport.BatchSize))
            {
                bytes += queue[count++].Size;
            }
            _server.Traffic?.Sent(count, bytes);
            _transport.Send(CollectionsMarshal.AsSpan(queue)[..count]);
            _queuedBytes -= bytes;
            Taken();
            if (count < queue.Count)
            {
                queue.RemoveRange(0, count);
            }
            else if (queue.Capacity > KeptCapacity)
            {
                _queue = null;
            }
            else
            {
                queue.Clear();
            }
        }
    }
}
