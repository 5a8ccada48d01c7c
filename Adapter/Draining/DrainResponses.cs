using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Draining;

/// <summary>What HTTP clients are told while this server leaves.</summary>
internal static class DrainResponses
{
    private const string RetryAfterSeconds = "1";

    /// <summary>Sends a new client elsewhere.</summary>
    public static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        CloseConnection(context);
        return Task.CompletedTask;
    }

    /// <summary>A client keeps its connection for its next request, which is to come to another server.</summary>
    public static void CloseConnection(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }
}
