using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// The application behind the endpoint for servers, whose connections have proved that they are servers': hands their requests to the same pipeline that
/// clients' requests run through.
/// </summary>
internal sealed class InternalApplication(IHttpContextFactory contexts) : IHttpApplication<HttpContext>
{
    /// <summary>The host's pipeline, once it is built.</summary>
    public RequestDelegate? Pipeline { get; set; }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => contexts.Create(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context)
    {
        InternalRequest.Accept(context);
        if (Pipeline is not { } pipeline)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
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
