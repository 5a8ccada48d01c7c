using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// The application behind the endpoint for servers: lets in what has the secret, and hands it to the same pipeline that clients' requests run through.
/// </summary>
internal sealed class InternalApplication(IHttpContextFactory contexts, string secret, ILogger logger) : IHttpApplication<HttpContext>
{
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    /// <summary>The host's pipeline, once it is built.</summary>
    public RequestDelegate? Pipeline { get; set; }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => contexts.Create(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context)
    {
        if (!InternalRequest.TryAccept(context, _secret))
        {
            ForwardingLog.Intruder(logger);
            return RefuseAsync(context, StatusCodes.Status403Forbidden);
        }
        if (Pipeline is not { } pipeline)
        {
            return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable);
        }
        return ForwardingActivities.HasListeners ? TracedAsync(pipeline, context) : pipeline(context);
    }

    public void DisposeContext(HttpContext context, Exception? exception) => contexts.Dispose(context);

    private static async Task TracedAsync(RequestDelegate pipeline, HttpContext context)
    {
        using var activity = ForwardingActivities.StartServing(context);
        await pipeline(context).ConfigureAwait(false);
        activity?.SetTag("http.response.status_code", context.Response.StatusCode);
    }

    private static Task RefuseAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Connection = "close";
        context.Response.Headers[InternalRequest.RefusedHeader] = "1";
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}

/// <summary>
/// The activities of a request that is passed on: <c>forward</c> where it came to, <c>forwarded</c> where it belongs. They are part of the request's own
/// trace.
/// </summary>
internal static class ForwardingActivities
{
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    public static bool HasListeners => Source.HasListeners();

    public static Activity? StartForwarding(ServerId owner)
    {
        var activity = Source.StartActivity("forward", ActivityKind.Client);
        activity?.SetTag("orleansadapter.server", owner.ToString());
        return activity;
    }

    public static Activity? StartServing(HttpContext context)
    {
        var headers = context.Request.Headers;
        return ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var parent)
            ? Source.StartActivity("forwarded", ActivityKind.Server, parent)
            : Source.StartActivity("forwarded", ActivityKind.Server);
    }
}
