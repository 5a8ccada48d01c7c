using System.Net.Sockets;
using System.Runtime.Versioning;

namespace OrleansAdapter.Silo.Front;

/// <summary>
/// Accepts connections, reads the first line of each, and finds a worker for it. Connections without a worker are bounded in number and time. Used by the
/// front's thread only.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Arrivals(EventLoop loop, WorkerTable workers, WorkerLinks links, FrontLimits limits, TimeProvider time) : IDisposable
{
    private static readonly byte[] Unavailable =
    [
        .. "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: text/plain\r\nContent-Length: 24\r\nConnection: close\r\n\r\n"u8,
        .. "No worker is ready yet.\n"u8,
    ];

    private readonly List<(Socket Socket, int Slot)> _listeners = [];
    private readonly LinkedList<Arrival> _open = [];
    private readonly LinkedList<Arrival> _refused = [];
    private readonly byte[] _buffer = new byte[RequestLine.Longest];
    private int _waiting;
    private long? _retry;
    private long? _paused;

    /// <summary>Accepts connections at a listening socket.</summary>
    /// <param name="socket">The socket, now this one's.</param>
    /// <param name="slot">The slot that it is pinned to; 0 for none.</param>
    public void Listen(Socket socket, int slot)
    {
        _listeners.Add((socket, slot));
        loop.Watch((int)socket.Handle, Happening.Readable, _ => Accept(socket, slot));
    }

    /// <summary>Accepts no more connections.</summary>
    public void StopListening()
    {
        foreach (var (socket, _) in _listeners)
        {
            loop.Forget((int)socket.Handle);
            socket.Dispose();
        }
        _listeners.Clear();
    }

    /// <summary>How many connections have no worker yet.</summary>
    public int Count => _open.Count + _refused.Count;

    /// <summary>Ends connections that took too long, and tries again to find workers for those that wait. Returns when to call it next.</summary>
    public TimeSpan Tick()
    {
        var next = Timeout.InfiniteTimeSpan;
        if (_retry is { } retry)
        {
            var left = FrontLimits.Retry - time.GetElapsedTime(retry);
            if (left <= TimeSpan.Zero)
            {
                RouteWaiting();
                left = FrontLimits.Retry;
            }
            next = _retry is null ? next : left;
        }
        if (_paused is { } paused)
        {
            var left = FrontLimits.Pause - time.GetElapsedTime(paused);
            if (left <= TimeSpan.Zero)
            {
                _paused = null;
                _listeners.ForEach(listener => loop.Change((int)listener.Socket.Handle, Happening.Readable));
            }
            else
            {
                next = WorkerLinks.Sooner(next, left);
            }
        }
        next = WorkerLinks.Sooner(next, Expire(_open, limits.Arrival));
        return WorkerLinks.Sooner(next, Expire(_refused, limits.Refused));
    }

    public void Dispose()
    {
        StopListening();
        foreach (var arrival in _open.Concat(_refused))
        {
            Libc.Close(arrival.Descriptor);
        }
    }

    private void Accept(Socket listener, int slot)
    {
        for (var i = 0; i < FrontLimits.PerTurn && !listener.SafeHandle.IsClosed; i++)
        {
            var descriptor = Libc.Accept((int)listener.Handle);
            switch (descriptor)
            {
                case -Libc.Again:
                    return;
                case -Libc.TooManyInProcess or -Libc.TooManyInSystem:
                    Relieve();
                    return;
                case < 0:
                    // It went before it was accepted.
                    continue;
                default:
                    Look(new Arrival(descriptor, slot, time.GetTimestamp()));
                    break;
            }
        }
    }

    /// <summary>
    /// Makes room when this process has no file descriptor left, or else pauses the listeners, which would report the same connection again and again.
    /// </summary>
    private void Relieve()
    {
        if ((_refused.First ?? _open.First) is { } oldest)
        {
            End(oldest.Value);
            return;
        }
        _paused = time.GetTimestamp();
        _listeners.ForEach(listener => loop.Change((int)listener.Socket.Handle, Happening.None));
    }

    /// <summary>Reads what has come of a connection, and gives it to a worker if that is enough.</summary>
    private void Look(Arrival arrival)
    {
        var length = Libc.Peek(arrival.Descriptor, _buffer);
        if (length is -Libc.Again or -Libc.Interrupted)
        {
            Keep(arrival, Happening.Readable | Happening.Edge);
            return;
        }
        if (length <= 0)
        {
            End(arrival);
            return;
        }
        switch (RequestLine.Read(_buffer.AsSpan(0, length), out var server))
        {
            case FirstBytes.Incomplete:
                Keep(arrival, Happening.Readable | Happening.Edge);
                break;
            case FirstBytes.Nonsense:
                End(arrival);
                break;
            case var kind:
                (arrival.Named, arrival.Secure) = (server, kind == FirstBytes.Tls);
                Route(arrival);
                break;
        }
    }

    private void Route(Arrival arrival)
    {
        while (true)
        {
            var worker = workers.Choose(arrival.Slot, arrival.Named, arrival.Secure, out var why);
            if (worker is null)
            {
                if (why == NoWorker.Full)
                {
                    Wait(arrival);
                }
                else
                {
                    Refuse(arrival);
                }
                return;
            }
            // Its events would go on coming here otherwise, for as long as the worker has it.
            Detach(arrival);
            if (links.HandOver(worker, arrival.Descriptor, arrival.Secure) == HandOverResult.Done)
            {
                Libc.Close(arrival.Descriptor);
                workers.CountHandOver();
                return;
            }
            workers.TakeBack(worker);
        }
    }

    /// <summary>Keeps a connection that has no worker yet.</summary>
    private void Keep(Arrival arrival, Happening what, bool first = false)
    {
        if (arrival.Node is not null)
        {
            return;
        }
        if (Count >= limits.Arrivals)
        {
            End((_refused.First ?? _open.First!).Value);
        }
        arrival.Node = first ? _open.AddFirst(arrival) : _open.AddLast(arrival);
        loop.Watch(arrival.Descriptor, what, happened => Happened(arrival, happened));
    }

    /// <summary>Keeps a connection until a worker takes it; at the front of the queue if it has waited before.</summary>
    private void Wait(Arrival arrival)
    {
        _retry ??= time.GetTimestamp();
        if (!arrival.Waits)
        {
            var again = arrival.Tried;
            Detach(arrival);
            Keep(arrival, Happening.None, again);
            arrival.Waits = arrival.Tried = true;
            _waiting++;
        }
    }

    private void RouteWaiting()
    {
        _retry = null;
        links.Retry();
        if (_waiting == 0)
        {
            return;
        }
        foreach (var arrival in _open.Where(arrival => arrival.Waits).ToArray())
        {
            if (arrival.Node is not null)
            {
                Route(arrival);
            }
        }
    }

    /// <summary>Answers 503, and gives the client time to read it: an immediate close could destroy the answer on its way.</summary>
    private void Refuse(Arrival arrival)
    {
        Detach(arrival);
        workers.CountRefusal();
        if (arrival.Secure || Count >= limits.Arrivals)
        {
            End(arrival);
            return;
        }
        Libc.Send(arrival.Descriptor, Unavailable);
        Libc.EndSending(arrival.Descriptor);
        arrival.Refused = true;
        arrival.Since = time.GetTimestamp();
        arrival.Node = _refused.AddLast(arrival);
        loop.Watch(arrival.Descriptor, Happening.Readable, happened => Happened(arrival, happened));
    }

    private void Happened(Arrival arrival, Happening happened)
    {
        if (arrival.Node is null)
        {
            return;
        }
        if (arrival.Refused)
        {
            if (Libc.Receive(arrival.Descriptor, _buffer) is var length and <= 0 && length != -Libc.Again)
            {
                End(arrival);
            }
        }
        else if (!arrival.Waits)
        {
            Look(arrival);
        }
        else if ((happened & (Happening.Error | Happening.Hangup)) != 0)
        {
            End(arrival);
        }
    }

    private TimeSpan Expire(LinkedList<Arrival> arrivals, TimeSpan limit)
    {
        while (arrivals.First is { Value: var oldest })
        {
            var left = limit - time.GetElapsedTime(oldest.Since);
            if (left > TimeSpan.Zero)
            {
                return left;
            }
            if (oldest.Waits)
            {
                Refuse(oldest);
            }
            else
            {
                End(oldest);
            }
        }
        return Timeout.InfiniteTimeSpan;
    }

    private void End(Arrival arrival)
    {
        Detach(arrival);
        Libc.Close(arrival.Descriptor);
    }

    private void Detach(Arrival arrival)
    {
        if (arrival.Node is { } node)
        {
            node.List!.Remove(node);
            arrival.Node = null;
            loop.Forget(arrival.Descriptor);
        }
        if (arrival.Waits)
        {
            arrival.Waits = false;
            _waiting--;
        }
    }

    /// <summary>A connection that has no worker yet.</summary>
    private sealed class Arrival(int descriptor, int slot, long since)
    {
        public int Descriptor { get; } = descriptor;

        public int Slot { get; } = slot;

        public long Since { get; set; } = since;

        /// <summary>The server that its first line names, if any.</summary>
        public ServerId Named { get; set; }

        public bool Secure { get; set; }

        /// <summary>Whether its first line is known and only a worker is missing.</summary>
        public bool Waits { get; set; }

        /// <summary>Whether it has waited for a worker before.</summary>
        public bool Tried { get; set; }

        public bool Refused { get; set; }

        /// <summary>Its place in the list of kept connections.</summary>
        public LinkedListNode<Arrival>? Node { get; set; }
    }
}
