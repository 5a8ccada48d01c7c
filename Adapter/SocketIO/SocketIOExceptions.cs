namespace OrleansAdapter.SocketIO;

/// <summary>
/// Thrown by a middleware to keep a client out of a namespace: the client gets the message, and the data if there are any, as its <c>connect_error</c>.
/// </summary>
/// <param name="message">Why; the client reads it.</param>
/// <param name="data">More for the client; serialised as JSON.</param>
public sealed class ConnectErrorException(string message, object? data = null) : Exception(message)
{
    /// <summary>More for the client.</summary>
    public object? ErrorData { get; } = data;
}

/// <summary>The client disconnected before it acknowledged.</summary>
public sealed class SocketDisconnectedException(string reason) : Exception($"The socket has disconnected ({reason}) before it acknowledged.")
{
    /// <summary>Why it disconnected.</summary>
    public string Reason { get; } = reason;
}
