using Microsoft.Extensions.Logging;

namespace OrleansAdapter.EngineIO;

/// <summary>What Engine.IO logs. What clients do wrong is theirs: it is logged for who looks for it, and no warning.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(100, LogLevel.Debug, "A session ended: {Reason}")]
    public static partial void Closed(ILogger logger, EngineCloseReason reason);

    [LoggerMessage(101, LogLevel.Debug, "A session was upgraded to WebSocket")]
    public static partial void Upgraded(ILogger logger);

    [LoggerMessage(102, LogLevel.Debug, "A request was refused: {Code} {Message}")]
    public static partial void Refused(ILogger logger, int code, string message);

    [LoggerMessage(103, LogLevel.Information, "A client of server {Server} was closed: {Why}")]
    public static partial void SlowClient(ILogger logger, string server, string why);

    [LoggerMessage(104, LogLevel.Error, "AllowRequest failed; the handshake is refused. Mend what the exception names")]
    public static partial void AllowRequestFailed(ILogger logger, Exception exception);

    [LoggerMessage(105, LogLevel.Warning,
        "Clients are refused that send large messages: the unfinished ones of all hold {Limit} bytes together (MaxUnfinishedBytes). Raise it where "
        + "there is memory for more; otherwise somebody sends much and never all of it")]
    public static partial void UnfinishedRefused(ILogger logger, long limit);

    [LoggerMessage(106, LogLevel.Information,
        "A WebSocket from a page of {Origin} was refused: that is not the host of the request ({Host}), and neither SocketIOOptions.Cors nor a CORS policy of "
        + "the endpoint allows it")]
    public static partial void OriginRefused(ILogger logger, string origin, string host);

    [LoggerMessage(107, LogLevel.Error, "The parser failed to write a packet; the client that was to get it is disconnected. Mend what the exception names")]
    public static partial void NotEncoded(ILogger logger, Exception exception);

    [LoggerMessage(108, LogLevel.Error,
        "A listener of an Engine.IO connection, or a callback that was registered with its Closed, failed. Mend what the exception names")]
    public static partial void ListenerFailed(ILogger logger, Exception exception);

    [LoggerMessage(109, LogLevel.Warning,
        "A client of server {Server} has not been read for {Seconds} s, as {Waiting} of its messages wait for the listener, which has not ended. "
        + "Give the listener less to wait for")]
    public static partial void NotRead(ILogger logger, string server, double seconds, int waiting);

    [LoggerMessage(117, LogLevel.Warning,
        "A client was refused, as what MapEngineIO calls for each threw. Mend what the exception names, or let EngineIOOptions.AllowRequest refuse clients, "
        + "which logs nothing")]
    public static partial void OpenedFailed(ILogger logger, Exception exception);
}
