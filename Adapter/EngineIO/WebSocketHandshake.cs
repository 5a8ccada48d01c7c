using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// Upgrades a request of HTTP/1.1 on Kestrel to a WebSocket that is read and written directly: no object of the framework lives as long as the connection for
/// it. Elsewhere (HTTP/2, other servers, compression) the framework's WebSocket does it.
/// </summary>
internal static class WebSocketHandshake
{
    private const string Key = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Whether the request, which asks for a WebSocket in good form, can be upgraded in this way.</summary>
    public static bool IsPossible(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Features.Get<IConnectionTransportFeature>() is not null;

    /// <summary>Upgrades; null where the server takes no more connections, or this one has gone.</summary>
    public static async ValueTask<IDuplexPipe?> AcceptAsync(HttpContext context)
    {
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = Accept(context.Request.Headers.SecWebSocketKey.ToString());
        try
        {
            await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // KestrelServerLimits.MaxConcurrentUpgradedConnections.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return null;
        }
        return context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport;
    }

#pragma warning disable CA5350 // RFC 6455 asks for SHA-1; nothing is kept secret by it.
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Key)));
#pragma warning restore CA5350
}
