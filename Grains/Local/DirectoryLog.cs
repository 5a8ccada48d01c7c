using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.Local;

/// <summary>What a directory tells the log.</summary>
internal static partial class DirectoryLog
{
    [LoggerMessage(101, LogLevel.Information, "Namespace {Namespace}: epoch {Epoch} is open with {Admitted} lives, {Merged} of them with history; {Entries} entries merged, number {Number}.")]
    public static partial void HomeOpened(ILogger logger, string @namespace, long epoch, int admitted, int merged, int entries, long number);

    [LoggerMessage(102, LogLevel.Information, "Namespace {Namespace}: life {Life} was removed ({Reason}).")]
    public static partial void LifeRemoved(ILogger logger, string @namespace, ServerId life, RemovalReason reason);

    [LoggerMessage(103, LogLevel.Error, "Namespace {Namespace}: a message could not be handled. This is a bug.")]
    public static partial void HomeFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(104, LogLevel.Information, "Server {Process} ({Name}) is registered.")]
    public static partial void ServerAdded(ILogger logger, ServerId process, string name);

    [LoggerMessage(105, LogLevel.Information, "Server {Process} ({Name}) was removed ({Reason}).")]
    public static partial void ServerRemoved(ILogger logger, ServerId process, string name, RemovalReason reason);

    [LoggerMessage(106, LogLevel.Error, "The list of servers could not handle a message. This is a bug.")]
    public static partial void ServersFailed(ILogger logger, Exception exception);

    [LoggerMessage(107, LogLevel.Warning, "Part {Part} of the answer of {From} to request {Request} of {To} does not arrive ({Reason}).")]
    public static partial void AnswerRefused(ILogger logger, ServerId from, long request, int part, ServerId to, AnswerRefusal reason);

    [LoggerMessage(108, LogLevel.Critical, "Namespace {Namespace}: the servers' histories contradict each other, so all who have one are fenced. {Message} This is a bug in OrleansAdapter, or servers of different clusters share a directory.")]
    public static partial void HistoriesConflict(ILogger logger, string @namespace, string message);
}
