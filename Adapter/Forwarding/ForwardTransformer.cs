using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// What one request and its answer look like on their way through: the request as it came, with what was seen of the client; the answer as the session's
/// server gave it.
/// </summary>
internal sealed class ForwardTransformer : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken).ConfigureAwait(false);
        var headers = proxyRequest.Headers;
        foreach (var name in httpContext.Request.Headers.Keys)
        {
            if (name.StartsWith(InternalRequest.HeaderPrefix, StringComparison.OrdinalIgnoreCase))
            {
                headers.Remove(name);
            }
        }
        headers.TryAddWithoutValidation(InternalRequest.SchemeHeader, httpContext.Request.Scheme);
        if (httpContext.Connection.RemoteIpAddress is { } address)
        {
            headers.TryAddWithoutValidation(InternalRequest.RemoteHeader, new IPEndPoint(address, httpContext.Connection.RemotePort).ToString());
        }
        headers.Remove("Host");
        headers.TryAddWithoutValidation("Host", httpContext.Request.Host.Value);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } && ForwardingActivities.HasListeners)
        {
            headers.Remove("traceparent");
            headers.TryAddWithoutValidation("traceparent", id);
        }
        // What the pipeline made of the path here, it makes of it there.
        var target = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        proxyRequest.RequestUri = target is ['/', ..]
            ? new Uri(destinationPrefix + target)
            : RequestUtilities.MakeDestinationAddress(
                destinationPrefix, httpContext.Request.PathBase.Add(httpContext.Request.Path), httpContext.Request.QueryString);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        }
        // The same middlewares have been at work on both servers: what both have set is not to come twice.
        var headers = httpContext.Response.Headers;
        foreach (var header in proxyResponse.Headers.NonValidated)
        {
            headers.Remove(header.Key);
        }
        foreach (var header in proxyResponse.Content.Headers.NonValidated)
        {
            headers.Remove(header.Key);
        }
        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
    }
}
