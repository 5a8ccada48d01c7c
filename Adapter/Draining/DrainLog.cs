using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Draining;

/// <summary>What draining logs.</summary>
internal static partial class DrainLog
{
    [LoggerMessage(160, LogLevel.Information, "Server {Server} leaves the cluster: {Clients} clients are to move, about {Rate} per second, within {Limit}")]
    public static partial void Begins(ILogger logger, ServerId server, int clients, int rate, TimeSpan limit);

    [LoggerMessage(161, LogLevel.Warning, "{Clients} clients had not moved in time (DrainTimeout) and are cut off. Raise it, or DrainRate")]
    public static partial void CutOff(ILogger logger, int clients);

    [LoggerMessage(162, LogLevel.Warning,
        "{Namespace}: some of what this server published is not known to have reached all servers; it is nevertheless, unless the directory dies now. "
        + "Check that the directory is not overloaded")]
    public static partial void NotSettled(ILogger logger, string @namespace);

    [LoggerMessage(163, LogLevel.Information, "Server {Server} has left the cluster")]
    public static partial void Resigned(ILogger logger, ServerId server);

    [LoggerMessage(164, LogLevel.Warning,
        "Server {Server} could not tell the directory that it leaves: its rooms are left when its supervisor says so, or its lease lapses. "
        + "Check that the directory runs")]
    public static partial void NotResigned(ILogger logger, ServerId server, Exception exception);
}
