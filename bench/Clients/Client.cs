using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Bench.Clients;

/// <summary>How far a client has come.</summary>
internal enum Phase
{
    Upgrading,
    Greeting,
    Joining,
    Ready,
}

/// <summary>One client: its socket, what has come of a frame or message that is not whole, and what could not be written yet.</summary>
internal sealed class Client(int number, IReadOnlyList<string> rooms) : IDisposable
{
    private const int SmallBuffer = 4096;
    private Socket? _socket;
    private byte[] _partial = [];
    private int _partialLength;
    private byte[] _unsent = [];

    public int Number { get; } = number;

    public IReadOnlyList<string> Rooms { get; } = rooms;

    public Phase Phase { get; set; }

    public Publisher? Publisher { get; set; }

    /// <summary>How many rooms it has asked to join, and how many it is in.</summary>
    public (int Asked, int Joined) Joins { get; set; }

    public bool IsSlow { get; init; }

    public int Descriptor { get; private set; } = -1;

    public bool HasUnsent => _unsent.Length > 0;

    /// <summary>The message of which some fragments have come.</summary>
    public List<byte> Fragments { get; } = [];

    /// <summary>Whether the message of which fragments have come is binary.</summary>
    public bool FragmentsAreBinary { get; set; }

    /// <summary>Connects, from the beginning if it had tried before.</summary>
    public void Connect(int port)
    {
        _socket?.Dispose();
        (Phase, Joins, _partialLength, _unsent) = (Phase.Upgrading, (0, 0), 0, []);
        Fragments.Clear();
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (IsSlow)
        {
            _socket.ReceiveBufferSize = SmallBuffer;
        }
        _socket.Connect(IPAddress.Loopback, port);
        Descriptor = (int)_socket.SafeHandle.DangerousGetHandle();
    }

    /// <summary>Writes; what does not fit waits for <see cref="Flush"/>. True if something waits.</summary>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        if (_unsent.Length == 0)
        {
            var sent = Math.Max(0, Native.Send(Descriptor, bytes));
            bytes = bytes[sent..];
        }
        if (bytes.Length > 0)
        {
            _unsent = [.. _unsent, .. bytes];
        }
        return _unsent.Length > 0;
    }

    /// <summary>Writes what waits; true if something still does.</summary>
    public bool Flush()
    {
        if (_unsent.Length > 0)
        {
            _unsent = _unsent[Math.Max(0, Native.Send(Descriptor, _unsent))..];
        }
        return _unsent.Length > 0;
    }

    /// <summary>Puts what is left of the last read before what is to be read; returns how much that is.</summary>
    public int TakePartial(Span<byte> to)
    {
        _partial.AsSpan(0, _partialLength).CopyTo(to);
        return _partialLength;
    }

    public void KeepPartial(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _partial.Length)
        {
            _partial = new byte[Math.Max(256, rest.Length * 2)];
        }
        rest.CopyTo(_partial);
        _partialLength = rest.Length;
    }

    public void Dispose() => _socket?.Dispose();
}
