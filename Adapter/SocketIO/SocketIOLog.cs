using Microsoft.Extensions.Logging;

namespace OrleansAdapter.SocketIO;

/// <summary>What Socket.IO logs. What clients do wrong is theirs, and no warning; what the application's code throws is an error.</summary>
internal static partial class SocketIOLog
{
    [LoggerMessage(120, LogLevel.Error, "{Namespace}: a handler of \"{Event}\" failed; the client gets no answer. Mend what the exception names")]
    public static partial void HandlerFailed(ILogger logger, string @namespace, string @event, Exception exception);

    [LoggerMessage(EventId = 121, Message = "{Namespace}: a client's \"{Event}\" has other arguments than its handler takes: {Why}")]
    public static partial void ArgumentsRefused(ILogger logger, LogLevel level, string @namespace, string @event, string why);

    [LoggerMessage(122, LogLevel.Error,
        "{Namespace}: a middleware failed; the client is not let in. Mend what the exception names; to refuse a client, throw a "
        + "ConnectErrorException")]
    public static partial void MiddlewareFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(123, LogLevel.Debug, "A client broke the protocol: {Why}")]
    public static partial void ProtocolBroken(ILogger logger, string why);

    [LoggerMessage(124, LogLevel.Warning,
        "{Namespace}: a client could not be let in, as the directory did not confirm it. Check that its silo runs and is not overloaded")]
    public static partial void NotRegistered(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(125, LogLevel.Warning, "The namespace \"{Namespace}\" was refused: {Limit} dynamic namespaces are in use (MaxDynamicNamespaces). Raise "
        + "the limit, or let the predicate refuse who should not have one")]
    public static partial void TooManyNamespaces(ILogger logger, string @namespace, int limit);

    [LoggerMessage(126, LogLevel.Warning,
        "{Namespace}: listeners of rooms are too slow; they are not told of what happens until some of {Limit} events are done. Let them return sooner")]
    public static partial void RoomEventsDropped(ILogger logger, string @namespace, int limit);

    [LoggerMessage(128, LogLevel.Debug, "{Namespace}: removed, as it has been empty for a while (CleanupEmptyChildNamespaces)")]
    public static partial void NamespaceRemoved(ILogger logger, string @namespace);

    [LoggerMessage(129, LogLevel.Debug, "{Namespace}: a handler of \"{Event}\" ended, as a client that it waited for has disconnected ({Reason})")]
    public static partial void AwaitedHasGone(ILogger logger, string @namespace, string @event, string reason);

    [LoggerMessage(130, LogLevel.Error, "{Namespace}: OnConnection failed; the client is disconnected. Mend what the exception names")]
    public static partial void ConnectionFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(131, LogLevel.Warning,
        "{Namespace}: a handler of socket {Socket} has run for {Seconds:0} s without awaiting anything, and {Waiting} of the socket's events and continuations "
        + "wait for it. If it waits for a task with Wait() or Result, it may wait for itself: await it. If it computes, let Task.Run do that, or set "
        + "HandlerScheduling to Parallel.")]
    public static partial void HandlerHoldsUp(ILogger logger, string @namespace, SocketId socket, double seconds, int waiting);

    [LoggerMessage(132, LogLevel.Warning,
        "{Namespace}: {Waiting} events of socket {Socket} have waited for {Seconds:0} s, as OnConnection, which runs before them, is not over. Let it return, "
        + "and go on in a task of its own what takes long.")]
    public static partial void ConnectionHoldsUp(ILogger logger, string @namespace, SocketId socket, double seconds, int waiting);

    [LoggerMessage(133, LogLevel.Warning,
        "{Namespace}: the client of socket {Socket} has not been read for {Seconds:0} s, as {Waiting} of its events wait for their handlers to be over "
        + "(MaxWaitingEvents). Let the handlers end sooner, or raise the limit")]
    public static partial void NotRead(ILogger logger, string @namespace, SocketId socket, double seconds, int waiting);

    [LoggerMessage(134, LogLevel.Warning,
        "{Namespace}: {Waiting} events of rooms have waited for {Seconds:0} s, as a listener of an earlier one still runs. Let it "
        + "return sooner")]
    public static partial void RoomListenersHeldUp(ILogger logger, string @namespace, double seconds, int waiting);

    [LoggerMessage(135, LogLevel.Warning,
        "{Namespace}: the data of a socket cannot be serialised, so that they are not there when its client comes back. Keep in Data "
        + "what can be JSON")]
    public static partial void DataNotKept(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(136, LogLevel.Warning, "{Namespace}: what was emitted to {Socket} may be lost. Check that the directory runs and is not overloaded")]
    public static partial void EmitLost(ILogger logger, string @namespace, SocketId socket, Exception exception);

    [LoggerMessage(137, LogLevel.Debug, "{Namespace}: a client asked for its session and does not get it: {Why}")]
    public static partial void NotRecovered(ILogger logger, string @namespace, ClaimRefusal why);

    [LoggerMessage(146, LogLevel.Warning, "{Namespace}: the client of socket {Socket} came back, and what was kept for it, or what it missed, cannot be read "
        + "here: it begins anew. Let all servers have the same version and the same JsonSerializerOptions")]
    public static partial void NotReadable(ILogger logger, string @namespace, SocketId socket, Exception exception);

    [LoggerMessage(127, LogLevel.Error,
        "A service that a middleware got from HttpContext.RequestServices could not be disposed. Mend what the exception names")]
    public static partial void ServicesFailed(ILogger logger, Exception exception);

    [LoggerMessage(138, LogLevel.Error,
        "The parser failed to read a client's message with something else than InvalidDataException; the client is disconnected. "
        + "Mend what the exception names")]
    public static partial void ParserFailed(ILogger logger, Exception exception);

    [LoggerMessage(139, LogLevel.Error, "A callback failed that was registered with a socket's Disconnected. Mend what the exception names")]
    public static partial void DisconnectedFailed(ILogger logger, Exception exception);
}
