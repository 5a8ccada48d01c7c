using Microsoft.Extensions.Logging;

namespace OrleansAdapter.SignalR;

/// <summary>What the SignalR front logs.</summary>
internal static partial class HubLog
{
    [LoggerMessage(110, LogLevel.Warning, "Event \"{Event}\" cannot be expressed in the hub protocol \"{Protocol}\"; clients that speak it do not get it. "
        + "Send what it can express")]
    public static partial void CannotEncode(ILogger logger, string @event, string protocol, Exception exception);

    [LoggerMessage(EventId = 111, Message = "{Namespace}: connection {Socket} is closed by this server: {Reason}")]
    public static partial void Closed(ILogger logger, LogLevel level, string @namespace, SocketId socket, DisconnectReason reason);

    [LoggerMessage(112, LogLevel.Warning,
        "{Namespace}: connection {Socket} is closed, it could not be taken in. Check that the directory runs and is not overloaded")]
    public static partial void Refused(ILogger logger, string @namespace, string socket, Exception exception);

    [LoggerMessage(113, LogLevel.Information,
        "A WebSocket from a page of {Origin} was refused: that is not the host of the request ({Host}), and no CORS policy of the hub's endpoint "
        + "(RequireCors), nor the default one, allows it")]
    public static partial void OriginRefused(ILogger logger, string origin, string host);

    [LoggerMessage(114, LogLevel.Debug, "{Namespace}: a client asked for its session and does not get it: {Why}")]
    public static partial void NotRecovered(ILogger logger, string @namespace, ClaimRefusal why);

    [LoggerMessage(115, LogLevel.Warning,
        "{Namespace}: the SocketData of a connection cannot be serialised, so that they are not there when its client comes back. "
        + "Keep what System.Text.Json can write")]
    public static partial void DataNotSerialised(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(116, LogLevel.Warning, "{Namespace}: the directory did not confirm that it keeps the SocketData of connection {Socket}: they may be older "
        + "when its client comes back. Check that the directory runs and is not overloaded")]
    public static partial void DataNotConfirmed(ILogger logger, string @namespace, SocketId socket, Exception exception);

    [LoggerMessage(118, LogLevel.Warning, "{Namespace}: the client of connection {Socket} came back, and what was kept for it, or what it missed, cannot be "
        + "read here: it begins anew. Let all servers have the same version and the same JsonSerializerOptions")]
    public static partial void NotReadable(ILogger logger, string @namespace, SocketId socket, Exception exception);
}
