using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansAdapter.Cluster;

namespace OrleansAdapter.WebWorker;

/// <summary>Healthy when this server has registered with the directory in all of its namespaces, until it leaves.</summary>
internal sealed class RegisteredCheck(ThisServer server) : IHealthCheck
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
