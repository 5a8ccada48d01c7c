using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter;

/// <summary>
/// Which pages may open a WebSocket, about which browsers do not ask CORS: a page of another site would have it with the user's cookies. The server's own
/// pages may, and those that a CORS policy allows; what is no browser sends no <c>Origin</c> and is let in.
/// </summary>
internal static class OriginPolicy
{
    /// <summary>Whether the request may open a WebSocket.</summary>
    /// <param name="context">The request. Behind proxies, <c>UseForwardedHeaders</c> makes its host the one that the browser sees.</param>
    /// <param name="own">The policy of the front's own options; null for none.</param>
    public static async ValueTask<bool> AllowsAsync(HttpContext context, CorsPolicy? own)
    {
        var headers = context.Request.Headers;
        var origin = headers.Origin.ToString();
        if (origin.Length == 0 || headers["Sec-Fetch-Site"] == "same-origin" || IsHost(origin, context.Request.Host) || Allows(own, origin))
        {
            return true;
        }
        var metadata = context.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>();
        if (metadata is ICorsPolicyMetadata { Policy: var policy })
        {
            return Allows(policy, origin);
        }
        if (metadata is IDisableCorsAttribute || context.RequestServices.GetService<ICorsPolicyProvider>() is not { } provider)
        {
            return false;
        }
        // The application's default policy, where the endpoint names none.
        return Allows(await provider.GetPolicyAsync(context, (metadata as IEnableCorsAttribute)?.PolicyName).ConfigureAwait(false), origin);
    }

    private static bool Allows(CorsPolicy? policy, string origin) => policy is not null && (policy.AllowAnyOrigin || policy.IsOriginAllowed(origin));

    /// <summary>Schemes are not compared: what is in front of the server may have another one. Nor are ports where one side has none.</summary>
    private static bool IsHost(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port is null || uri.IsDefaultPort || uri.Port == host.Port);
}
