using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.Cluster;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds OrleansAdapter to a host.</summary>
public static class AdapterServiceCollectionExtensions
{
    /// <summary>
    /// Makes this process a server of the cluster. An engine has to be added as well, which provides <see cref="IDirectory"/>. The host starts when
    /// the server is registered in its namespaces.
    /// </summary>
    public static IServiceCollection AddOrleansAdapter(this IServiceCollection services, Action<OrleansAdapterOptions>? configure = null)
    {
        var options = services.AddOptions<OrleansAdapterOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrleansAdapterOptions>, OrleansAdapterOptionsValidator>());
        services.TryAddSingleton<ThisServer>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServerLifetime>());
        return services.AddMetrics();
    }

    /// <summary>Starts the server before the host takes connections. The container disposes of it when all is stopped.</summary>
    private sealed class ServerLifetime(ThisServer server) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => server.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
