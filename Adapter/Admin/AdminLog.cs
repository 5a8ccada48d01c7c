using System.Net;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Admin;

/// <summary>What the admin UI logs: who came, and what they did.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(180, LogLevel.Warning,
        "Somebody at {Address} tried to log in to the admin UI with a wrong name or password. If it was nobody of yours, keep the address out, or turn "
        + "AllowRemote off")]
    public static partial void WrongCredentials(ILogger logger, IPAddress? address);

    [LoggerMessage(181, LogLevel.Information, "{User} at {Address} has logged in to the admin UI")]
    public static partial void LoggedIn(ILogger logger, string user, IPAddress? address);

    [LoggerMessage(182, LogLevel.Information, "By the admin UI, from {Address}: {Action}")]
    public static partial void Acted(ILogger logger, IPAddress? address, AdminAction action);

    [LoggerMessage(183, LogLevel.Information, "The admin UI is in namespace {Namespace}; its page is {Page}")]
    public static partial void Opened(ILogger logger, string @namespace, string page);

    [LoggerMessage(184, LogLevel.Debug, "The admin UI waits for the directory; what it shows may be old")]
    public static partial void NotReached(ILogger logger, Exception exception);

    [LoggerMessage(185, LogLevel.Debug, "Some servers did not say what sockets they have; the admin UI shows those of the others")]
    public static partial void ServersSilent(ILogger logger, Exception exception);

    [LoggerMessage(187, LogLevel.Error, "The admin UI failed on this server and begins anew; this is a bug in OrleansAdapter")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(186, LogLevel.Warning,
        "The admin UI asks nobody who they are (AllowAnonymous), and other machines may use it (AllowRemote): whoever reaches this server may disconnect "
        + "all clients. Set Username and PasswordHash")]
    public static partial void OpenToAll(ILogger logger);
}
