using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansAdapter;
using OrleansAdapter.Namespaces;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Tells a load balancer whether this server takes clients.</summary>
    public static class AdapterHealthCheckExtensions
    {
        /// <summary>
        /// Adds a check that is healthy while this server is registered with the directory in all of its namespaces and does not leave the cluster.
        /// </summary>
        /// <param name="builder">The host's health checks.</param>
        /// <param name="name">The check's name.</param>
        /// <param name="tags">Its tags.</param>
        public static IHealthChecksBuilder AddOrleansAdapter(this IHealthChecksBuilder builder, string name = "orleansadapter", IEnumerable<string>? tags = null)
        {
            ArgumentNullException.ThrowIfNull(builder);
            builder.Services.TryAddSingleton<ServerHealthCheck>();
            return builder.AddCheck<ServerHealthCheck>(name, tags: tags ?? []);
        }
    }
}

namespace OrleansAdapter
{
    /// <inheritdoc cref="Microsoft.Extensions.DependencyInjection.AdapterHealthCheckExtensions.AddOrleansAdapter"/>
    internal sealed class ServerHealthCheck(ThisServer server) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (server.IsDraining)
            {
                return Task.FromResult(HealthCheckResult.Unhealthy("Leaving the cluster"));
            }
            var missing = server.Namespaces.Where(n => !n.Ready.IsCompletedSuccessfully).Select(n => n.Name).ToArray();
            return Task.FromResult(missing.Length == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"Not registered yet: {string.Join(", ", missing)}"));
        }
    }
}
