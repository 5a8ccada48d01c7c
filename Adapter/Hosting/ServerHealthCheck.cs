using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Hosting;

/// <inheritdoc cref="AdapterHealthCheckExtensions.AddOrleansAdapter"/>
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
