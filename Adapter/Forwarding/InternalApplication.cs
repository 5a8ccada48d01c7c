using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansAdapter.Packets;

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
        try
        {
            await pipeline(context).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            activity?.MarkFailed(exception.GetType().FullName);
            throw;
        }
        activity?.SetTag("http.response.status_code", context.Response.StatusCode);
    }
}
