using Microsoft.Extensions.Logging;

namespace OrleansAdapter.SocketIO;

/// <summary>What Socket.IO logs. What clients do wrong is theirs, and no warning; what the application's code throws is an error.</summary>
internal static partial class SocketIOLog
{
    [LoggerMessage(120, LogLevel.Error, "{Namespace}: a handler of \"{Event}\" failed; the client gets no answer")]
    public static partial void HandlerFailed(ILogger logger, string @namespace, string @event, Exception exception);

    [LoggerMessage(121, LogLevel.Debug, "{Namespace}: a client's \"{Event}\" has other arguments than its handler takes: {Why}")]
    public static partial void ArgumentsRefused(ILogger logger, string @namespace, string @event, string why);

    [LoggerMessage(122, LogLevel.Error, "{Namespace}: a middleware failed; the client is not let in")]
    public static partial void MiddlewareFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(123, LogLevel.Debug, "A client broke the protocol: {Why}")]
    public static partial void ProtocolBroken(ILogger logger, string why);

    [LoggerMessage(124, LogLevel.Warning, "{Namespace}: a client could not be let in, as the directory did not confirm it")]
    public static partial void NotRegistered(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(125, LogLevel.Warning, "The namespace \"{Namespace}\" was refused: {Limit} dynamic namespaces are in use (MaxDynamicNamespaces)")]
    public static partial void TooManyNamespaces(ILogger logger, string @namespace, int limit);

    [LoggerMessage(126, LogLevel.Warning,
        "{Namespace}: listeners of rooms are too slow; they are not told of what happens until some of {Limit} events are done")]
    public static partial void RoomEventsDropped(ILogger logger, string @namespace, int limit);

    [LoggerMessage(128, LogLevel.Debug, "{Namespace}: removed, as it has been empty for a while (CleanupEmptyChildNamespaces)")]
    public static partial void NamespaceRemoved(ILogger logger, string @namespace);

    [LoggerMessage(127, LogLevel.Error, "A service that a middleware got from HttpContext.RequestServices could not be disposed")]
    public static partial void ServicesFailed(ILogger logger, Exception exception);
}
