using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Forwarding;

/// <summary>What passing requests on logs.</summary>
internal static partial class ForwardingLog
{
    [LoggerMessage(140, LogLevel.Information, "Other servers reach this one at {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(141, LogLevel.Debug, "The directory did not say where servers are; requests for sessions of servers that are not known are refused")]
    public static partial void NoServers(ILogger logger, Exception exception);

    [LoggerMessage(142, LogLevel.Information,
        "Server {Server} could not be reached for a request that belongs to one of its sessions, which counts as ended: {Why}")]
    public static partial void Unreachable(ILogger logger, ServerId server, string why);

    [LoggerMessage(143, LogLevel.Error,
        "Server {Server} and this one do not pass requests on to each other: {Why}. OrleansAdapter:Forwarding:Secret has to be the same on both "
        + "({LeftOut} more since this was last said)")]
    public static partial void SecretRefused(ILogger logger, ServerId server, string why, int leftOut);

    [LoggerMessage(144, LogLevel.Warning,
        "A connection to the endpoint that is for servers only was closed: {Why}. Let only servers reach it ({LeftOut} more since this was last said)")]
    public static partial void Stranger(ILogger logger, string why, int leftOut);

    [LoggerMessage(145, LogLevel.Information, "A request that server {Server} should answer was passed on to this one, and is not passed on again")]
    public static partial void Loop(ILogger logger, ServerId server);
}
