using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.Hosting;
using OrleansAdapter.SignalR;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds OrleansAdapter to SignalR.</summary>
public static class SignalRBuilderExtensions
{
    /// <summary>
    /// Makes all hubs reach the clients of every server in the cluster, and gives connections ids that name their server. Nothing changes for hubs and their
    /// endpoints (<c>MapHub</c>). An engine has to be added as well, which provides <see cref="IDirectory"/>.
    /// </summary>
    /// <param name="builder">SignalR's builder.</param>
    /// <param name="configure">Options; may be left out where <see cref="AdapterServiceCollectionExtensions.AddOrleansAdapter"/> is called with them.</param>
    public static ISignalRServerBuilder AddOrleansAdapter(this ISignalRServerBuilder builder, Action<OrleansAdapterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services.AddOrleansAdapter(configure);
        services.TryAddSingleton<HubNamespaces>();
        services.Replace(ServiceDescriptor.Singleton(typeof(HubLifetimeManager<>), typeof(OrleansHubLifetimeManager<>)));
        services.TryAddSingleton(typeof(IHubNamespace<>), typeof(HubNamespace<>));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWarmUpFront, HubWarmUp>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, HubEndpointPolicy>());
        services.TryAddEnumerable(ServiceDescriptor.Transient<IConfigureOptions<HubOptions>, AddSessionFilter>());
        return builder;
    }

    /// <summary>Without recovery a hub's methods have no filter more.</summary>
    private sealed class AddSessionFilter(IOptions<OrleansAdapterOptions> options) : IConfigureOptions<HubOptions>
    {
        public void Configure(HubOptions hubs)
        {
            if (options.Value.HubRecovery is not null)
            {
                hubs.AddFilter(new HubSessionFilter());
            }
        }
    }
}
