using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// The activities of a request that is passed on: <c>forward</c> where it came to, <c>forwarded</c> where it belongs, each until the request ends, which for
/// a WebSocket is as long as the client stays. They are part of the request's own trace; one that nobody traces begins with <c>forward</c>.
/// </summary>
internal static class ForwardingActivities
{
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    /// <summary>ASP.NET's own source of requests: tells whether somebody samples them.</summary>
    private static readonly ActivitySource Requests = new("Microsoft.AspNetCore");

    public static bool HasListeners => Source.HasListeners();

    /// <summary>Starts <c>forward</c>, as the current activity of the calling method and of what it calls.</summary>
    public static Activity? StartForwarding(HttpContext context, ServerId owner)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        // Where nobody samples requests, ASP.NET gives them an activity for the log alone. That it is not recorded is nobody's decision.
        if (Activity.Current is { Recorded: false, ParentId: null } && !Requests.HasListeners())
        {
            Activity.Current = null;
        }
        return Describe(Source.StartActivity("forward", ActivityKind.Client), context)?.SetTag("orleansadapter.server", owner.ToString());
    }

    /// <summary>Starts <c>forwarded</c>; null where the server that passed the request on traces it not.</summary>
    public static Activity? StartServing(HttpContext context)
    {
        var headers = context.Request.Headers;
        return ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var parent)
            ? Describe(Source.StartActivity("forwarded", ActivityKind.Server, parent), context)
            : null;
    }

    /// <summary>The query is left out: it has the session's id, which is a secret.</summary>
    private static Activity? Describe(Activity? activity, HttpContext context) =>
        activity?.SetTag("http.request.method", context.Request.Method).SetTag("url.path", context.Request.Path.Value);
}
