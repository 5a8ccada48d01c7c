using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansAdapter.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Tells a load balancer whether this server takes clients.</summary>
public static class AdapterHealthCheckExtensions
{
    /// <summary>
    /// Adds a check that is healthy while this server is registered with the directory in all of its namespaces, has heard of it within the time of two
    /// renewals of its lease (<see cref="OrleansAdapter.OrleansAdapterOptions.LeaseRenewal"/>) and a second, and does not leave the cluster. Where a check of
    /// this name has been added by this method, nothing changes.
    /// </summary>
    /// <param name="builder">The host's health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="tags">Its tags.</param>
    public static IHealthChecksBuilder AddOrleansAdapter(this IHealthChecksBuilder builder, string name = "orleansadapter", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.Any(service => service.ImplementationInstance is Added added && added.Name == name))
        {
            return builder;
        }
        builder.Services.AddSingleton(new Added(name));
        builder.Services.TryAddSingleton<ServerHealthCheck>();
        return builder.AddCheck<ServerHealthCheck>(name, tags: tags ?? []);
    }

    private sealed record Added(string Name);
}
