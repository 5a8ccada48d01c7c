using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// A copy of the request that a connection began with. The request itself ends before middlewares run (long-polling), or lives as long as the connection
/// and would take some kilobytes (WebSocket).
/// </summary>
internal sealed class HandshakeContext : IAsyncDisposable
{
    private readonly RequestServicesFeature _services;

    public HandshakeContext(HttpContext request, IServiceProvider services)
    {
        HttpContext = new DefaultHttpContext();
        var features = HttpContext.Features;
        // Features rather than the context's own properties, whose objects would live as long as a WebSocket.
        features.Set<IHttpRequestFeature>(Copy(request.Features.GetRequiredFeature<IHttpRequestFeature>()));
        if (request.Features.Get<IHttpConnectionFeature>() is { } connection)
        {
            features.Set<IHttpConnectionFeature>(Copy(connection));
        }
        if (request.Features.Get<IHttpAuthenticationFeature>() is { } authentication)
        {
            features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = authentication.User });
        }
        if (request.Features.Get<IRouteValuesFeature>() is { } route)
        {
            features.Set<IRouteValuesFeature>(new RouteValuesFeature { RouteValues = new RouteValueDictionary(route.RouteValues) });
        }
        if (request.Features.Get<IItemsFeature>() is { } items)
        {
            features.Set<IItemsFeature>(new ItemsFeature { Items = new Dictionary<object, object?>(items.Items) });
        }
        features.Set(request.Features.Get<IEndpointFeature>());
        features.Set(request.Features.Get<ITlsConnectionFeature>());
        _services = new RequestServicesFeature(HttpContext, services.GetRequiredService<IServiceScopeFactory>());
        features.Set<IServiceProvidersFeature>(_services);
    }

    public HttpContext HttpContext { get; }

    /// <summary>Ends the scope of its services.</summary>
    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static HttpRequestFeature Copy(IHttpRequestFeature request)
    {
        var headers = new HeaderDictionary(request.Headers.Count);
        foreach (var (name, value) in request.Headers)
        {
            headers[name] = value;
        }
        return new HttpRequestFeature
        {
            Protocol = request.Protocol,
            Method = request.Method,
            Scheme = request.Scheme,
            PathBase = request.PathBase,
            Path = request.Path,
            QueryString = request.QueryString,
            RawTarget = request.RawTarget,
            Headers = headers,
        };
    }

    private static HttpConnectionFeature Copy(IHttpConnectionFeature connection) => new HttpConnectionFeature
    {
        ConnectionId = connection.ConnectionId,
        LocalIpAddress = connection.LocalIpAddress,
        LocalPort = connection.LocalPort,
        RemoteIpAddress = connection.RemoteIpAddress,
        RemotePort = connection.RemotePort,
    };
}
