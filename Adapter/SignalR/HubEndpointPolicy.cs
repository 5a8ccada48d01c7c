using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Namespaces;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.Threading;

namespace OrleansAdapter.SignalR;

/// <summary>
/// Makes the endpoints of every hub that was mapped with <c>MapHub</c> give ids and tokens that name this server. As a routing policy it needs no word from
/// the application, and sees the endpoints as they are, with all of their metadata.
/// </summary>
internal sealed class HubEndpointPolicy(IServiceProvider services) : MatcherPolicy, IEndpointSelectorPolicy
{
    private readonly ConditionalWeakTable<Endpoint, Endpoint> _replacements = [];

    /// <summary>Behind the policies that choose: what they left is replaced.</summary>
    public override int Order => int.MaxValue;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<HubMetadata>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is { } endpoint && endpoint.Metadata.GetMetadata<HubMetadata>() is { } hub)
            {
                var replacement = _replacements.GetValue(endpoint, original => Replace(original, hub));
                if (replacement != endpoint)
                {
                    candidates.ReplaceEndpoint(i, replacement, candidates[i].Values);
                }
            }
        }
        return Task.CompletedTask;
    }

    /// <summary>A hub that has another lifetime manager keeps its endpoints.</summary>
    private Endpoint Replace(Endpoint original, HubMetadata hub)
    {
        var manager = services.GetService(typeof(HubLifetimeManager<>).MakeGenericType(hub.HubType));
        if (manager is not IHubConnections connections || original is not RouteEndpoint { RequestDelegate: { } inner } route)
        {
            return original;
        }
        var server = services.GetRequiredService<ThisServer>();
        var handler = new HubEndpoint(
            connections.Tokens,
            services.GetService<SessionForwarder>(),
            server,
            services.GetRequiredService<RateLimits>(),
            services.GetRequiredService<ILoggerFactory>().CreateLogger<HubEndpoint>().Bounded(server.Time),
            inner);
        var isNegotiate = route.Metadata.GetMetadata<NegotiateMetadata>() is not null;
        return new RouteEndpoint(
            isNegotiate ? handler.NegotiateAsync : handler.ConnectAsync, route.RoutePattern, route.Order, route.Metadata, route.DisplayName);
    }
}
