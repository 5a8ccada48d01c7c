namespace OrleansAdapter.SocketIO;

/// <summary>An event as it came from a client.</summary>
public sealed class SocketIOEvent
{
    internal SocketIOEvent(SocketIOSocket socket, string name, SocketIOArguments arguments, SocketIOAck ack)
    {
        Socket = socket;
        Name = name;
        Arguments = arguments;
        Ack = ack;
    }

    /// <summary>Whose it is.</summary>
    public SocketIOSocket Socket { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its arguments.</summary>
    public SocketIOArguments Arguments { get; }

    /// <summary>The way to acknowledge it.</summary>
    public SocketIOAck Ack { get; }
}

/// <summary>The way to acknowledge an event. Safe from any thread, at any time; only the first call sends something.</summary>
public sealed class SocketIOAck
{
    private readonly SocketIOSocket _socket;
    private readonly long? _id;
    private int _sent;

    internal SocketIOAck(SocketIOSocket socket, long? id)
    {
        _socket = socket;
        _id = id;
    }

    /// <summary>Whether the client asks for an acknowledgement.</summary>
    public bool IsRequested => _id is not null;

    /// <summary>Acknowledges, with what the client's callback is to get. Nothing happens where the client did not ask, or was answered.</summary>
    /// <exception cref="System.Text.Json.JsonException">An argument cannot be serialised; nothing was sent.</exception>
    public void Send(params ReadOnlySpan<object?> arguments)
    {
        if (_id is { } id && Interlocked.Exchange(ref _sent, 1) == 0)
        {
            _socket.SendAck(id, arguments);
        }
    }
}
