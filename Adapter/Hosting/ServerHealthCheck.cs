using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Hosting;

/// <inheritdoc cref="AdapterHealthCheckExtensions.AddOrleansAdapter"/>
internal sealed class ServerHealthCheck(ThisServer server) : IHealthCheck
{
    /// <summary>How long the answer to a renewal may take before the directory counts as silent.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(1);

    /// <summary>One renewal may be lost.</summary>
    private TimeSpan LongestSilence => (2 * server.Options.LeaseRenewal) + Answer;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Trouble() is { } trouble ? HealthCheckResult.Unhealthy(trouble) : HealthCheckResult.Healthy());

    private string? Trouble()
    {
        if (server.IsDraining)
        {
            return "Leaving the cluster";
        }
        var missing = server.Namespaces.Where(n => !n.Ready.IsCompletedSuccessfully).Select(n => n.Name).ToArray();
        if (missing.Length > 0)
        {
            return $"Not registered yet: {string.Join(", ", missing)}";
        }
        var limit = (long)LongestSilence.TotalMilliseconds;
        var silent = server.Namespaces.Select(n => (n.Name, n.Silence)).Where(n => n.Silence > limit).Select(Describe).ToArray();
        return silent.Length > 0
            ? $"The directory is silent: nothing was heard of {string.Join(", ", silent)}. Check that its silo runs and is not overloaded"
            : null;
    }

    private string Describe((string Name, long Silence) silent)
    {
        var since = server.Time.GetUtcNow() - TimeSpan.FromMilliseconds(silent.Silence);
        return string.Create(CultureInfo.InvariantCulture, $"{silent.Name} since {since:u} ({silent.Silence / 1000} s)");
    }
}
