using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.Local;

/// <summary>What a link tells the log.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(1, LogLevel.Information, "The directory listens at {Path}.")]
    public static partial void Listening(ILogger logger, string path);

    [LoggerMessage(2, LogLevel.Information, "{Role} {Process} is connected, with version {Version} of the protocol.")]
    public static partial void Accepted(ILogger logger, LinkRole role, ServerId process, byte version);

    [LoggerMessage(3, LogLevel.Information, "The link of {Role} {Process} has ended: {Reason}.")]
    public static partial void Ended(ILogger logger, LinkRole role, ServerId process, string reason);

    [LoggerMessage(4, LogLevel.Warning, "A link was closed before it was greeted: {Reason}")]
    public static partial void NotGreeted(ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "A link of {Role} {Process} was refused: {Reason}")]
    public static partial void Refused(ILogger logger, LinkRole role, ServerId process, string reason);

    [LoggerMessage(6, LogLevel.Error, "Accepting links failed; trying again.")]
    public static partial void AcceptFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "Connected to the directory at {Path}, with version {Version} of the protocol.")]
    public static partial void Connected(ILogger logger, string path, byte version);

    [LoggerMessage(8, LogLevel.Warning, "The link to the directory at {Path} has ended: {Reason}. Connecting again.")]
    public static partial void Lost(ILogger logger, string path, string reason);

    [LoggerMessage(9, LogLevel.Information, "The directory at {Path} cannot be reached yet ({Reason}); trying on.")]
    public static partial void NotReached(ILogger logger, string path, string reason);

    [LoggerMessage(10, LogLevel.Error, "The directory refuses this process: {Reason}")]
    public static partial void RefusedByDirectory(ILogger logger, string reason);

    [LoggerMessage(11, LogLevel.Error, "A message of type {Type} could not be encoded and was dropped. This is a bug.")]
    public static partial void NotEncodable(ILogger logger, string type, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "A message could not be handled and was dropped. This is a bug.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Warning, "The link to the directory has more than {Limit} bytes queued: messages are dropped, and sent again later.")]
    public static partial void Dropping(ILogger logger, long limit);
}
