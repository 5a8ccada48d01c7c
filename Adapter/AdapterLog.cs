using Microsoft.Extensions.Logging;

namespace OrleansAdapter;

/// <summary>What the adapter logs.</summary>
internal static partial class AdapterLog
{
    [LoggerMessage(1, LogLevel.Warning,
        "{Namespace}: the directory had ended the stay of server {Ended}; {Sockets} sockets are closed and it registers anew as {Life}. "
        + "It was silent for longer than HeartbeatTimeout, or took too little of what was sent to it: if this goes on, give it less to do")]
    public static partial void Fenced(ILogger logger, string @namespace, ServerId ended, ServerId life, int sockets);

    [LoggerMessage(2, LogLevel.Error, "{Namespace}: entry {Number} of server {Publisher} cannot be read and was left out. "
        + "Servers whose versions are too far apart may say such a thing; otherwise it is a bug in OrleansAdapter")]
    public static partial void Unreadable(ILogger logger, string @namespace, long number, ServerId publisher, Exception exception);

    [LoggerMessage(3, LogLevel.Critical, "{Namespace}: a turn failed; this is a bug in OrleansAdapter")]
    public static partial void TurnFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(4, LogLevel.Information, "Server {Server} ({Name}) is registered with the directory in {Count} namespaces")]
    public static partial void Registered(ILogger logger, ServerId server, string name, int count);

    [LoggerMessage(5, LogLevel.Error, "{Namespace}: a request of server {Asker} failed here, and it was told why: "
        + "mend what the exception names, which is mostly a handler of OnServerSideEmit")]
    public static partial void RequestFailed(ILogger logger, string @namespace, ServerId asker, Exception exception);

    [LoggerMessage(6, LogLevel.Error,
        "{Namespace}: the front of socket {Socket} failed in the turn; the socket may have missed something, the others have not. "
        + "This is a bug in OrleansAdapter")]
    public static partial void SocketFailed(ILogger logger, string @namespace, SocketId socket, Exception exception);

    [LoggerMessage(7, LogLevel.Warning,
        "{Namespace}: the handler of an event of server {Asker} takes longer than {Limit}; those that wait behind it go on without it. "
        + "Let it answer sooner, and go on in a task of its own")]
    public static partial void HandlerIsSlow(ILogger logger, string @namespace, ServerId asker, TimeSpan limit);

    [LoggerMessage(8, LogLevel.Warning, "This server waits for the directory to let it into {Namespaces}, for {Seconds} s so far; it goes on waiting. "
        + "A directory that has just started waits some seconds for the servers that were there before. If this lasts, check that its silo runs and is not "
            + "overloaded")]
    public static partial void WaitsForRegistration(ILogger logger, string namespaces, long seconds);

    [LoggerMessage(9, LogLevel.Warning, "This server waits until the directory's list has the servers {Missing}, for {Seconds} s so far; "
        + "after {Limit} it starts without. Check that they run and reach the directory")]
    public static partial void WaitsForOthers(ILogger logger, string missing, long seconds, TimeSpan limit);

    [LoggerMessage(10, LogLevel.Warning,
        "{Namespace}: {Sockets} sockets that were made to join rooms did not: they are in {Limit} already, the most that one may be in (MaxRoomsPerSocket). "
        + "One is {Example}. Raise the limit, or let sockets leave rooms")]
    public static partial void JoinsRefused(ILogger logger, string @namespace, int sockets, int limit, SocketId example);

    [LoggerMessage(12, LogLevel.Warning,
        "{Namespace}: a turn has taken {Milliseconds} ms, in which nobody else in the namespace was served. It did {Count} things; the longest was {What}. "
        + "Where this goes on, the machine has too much to do, or the namespace is to be divided into several")]
    public static partial void TurnTookLong(ILogger logger, string @namespace, long milliseconds, object what, int count);

    [LoggerMessage(11, LogLevel.Debug, "What a client sent was over a rate limit: {Why}")]
    public static partial void RateLimited(ILogger logger, string why);
}
