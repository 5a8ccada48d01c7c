using Microsoft.Extensions.Logging;
using OrleansAdapter.Grains;

namespace OrleansAdapter.OnOrleans;

/// <summary>What the engine logs.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(1, LogLevel.Information, "{Namespace}: a home has started with epoch {Epoch}, and holds")]
    public static partial void HomeStarted(ILogger logger, string @namespace, long epoch);

    [LoggerMessage(2, LogLevel.Information, "{Namespace}: epoch {Epoch} is open with {Admitted} servers, {Merged} of which remembered {Entries} entries; the last number is {Number}")]
    public static partial void Opened(ILogger logger, string @namespace, long epoch, int admitted, int merged, int entries, long number);

    [LoggerMessage(3, LogLevel.Information, "{Namespace}: server {Life} has left all rooms: {Reason}")]
    public static partial void Removed(ILogger logger, string @namespace, ServerId life, RemovalReason reason);

    [LoggerMessage(4, LogLevel.Debug, "{Namespace}: a mailbox event for {Life} is lost, and will be repaired")]
    public static partial void WriteFailed(ILogger logger, string @namespace, ServerId life, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "{Namespace}: the subscription of {Life}, which is gone, could not be removed")]
    public static partial void RemovalFailed(ILogger logger, string @namespace, ServerId life, Exception exception);

    [LoggerMessage(6, LogLevel.Information, "Server {Name} ({Process}) is new in the list")]
    public static partial void ServerAdded(ILogger logger, string name, ServerId process);

    [LoggerMessage(7, LogLevel.Information, "Server {Name} ({Process}) has left the list: {Reason}")]
    public static partial void ServerRemoved(ILogger logger, string name, ServerId process, RemovalReason reason);

    [LoggerMessage(8, LogLevel.Warning, "A part of the answer of {From} to request {Request} of {To} was refused: {Reason}")]
    public static partial void AnswerRefused(ILogger logger, ServerId from, long request, ServerId to, AnswerRefusal reason);

    [LoggerMessage(9, LogLevel.Debug, "A call of the directory was lost ({What}), and will be repaired")]
    public static partial void CallLost(ILogger logger, string what, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "The directory cannot be reached; trying again until it can")]
    public static partial void Lost(ILogger logger, Exception exception);

    [LoggerMessage(11, LogLevel.Information, "The directory can be reached")]
    public static partial void Reached(ILogger logger);

    [LoggerMessage(12, LogLevel.Error, "A message of the directory cannot be read and is left out")]
    public static partial void Unreadable(ILogger logger, Exception exception);

    [LoggerMessage(14, LogLevel.Critical, "The directory refuses this server; it will not be tried again")]
    public static partial void Refused(ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Debug, "{Namespace}: no mailbox stream for {Life} yet")]
    public static partial void SubscribeFailed(ILogger logger, string @namespace, ServerId life, Exception exception);
}
