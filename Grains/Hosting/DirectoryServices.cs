using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using OrleansAdapter;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Threading;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the directory to a process.</summary>
public static class DirectoryServices
{
    /// <summary>
    /// Adds the directory as a section of the configuration says (<see cref="DirectoryClusterOptions"/> and <see cref="DirectoryOptions"/>). With
    /// <c>MembershipFile</c> this process is a silo of the directory's Orleans cluster, with <c>Clustering</c> or <c>Gateways</c> a client of it. With
    /// none of them it uses the Orleans silo or client that the host brings (<c>AddOrleansDirectory</c>), and without one a directory in this process:
    /// then this server is alone, and the log says so. Where a section has named a cluster already, nothing changes.
    /// </summary>
    /// <exception cref="OptionsValidationException">A value cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The section names a cluster, and the host has an Orleans silo or client of its own.</exception>
    public static IServiceCollection AddDirectory(this IServiceCollection services, IConfigurationSection section)
    {
        var cluster = DirectoryClusterOptions.From(section);
        if (!cluster.NamesCluster)
        {
            return services.AddDirectory(section.Bind);
        }
        if (services.Any(service => service.ServiceType == typeof(ClusterIsConfigured)))
        {
            return services;
        }
        if (services.Any(service => service.ServiceType == typeof(IClusterClient)))
        {
            throw TwoClusters();
        }
        _ = cluster.IsColocated ? services.AddOrleansDirectorySilo(cluster, section.Bind) : services.AddOrleansDirectoryClient(cluster, section.Bind);
        return services.AddSingleton<ClusterIsConfigured>();
    }

    /// <summary>
    /// Adds the directory without a section of the configuration: the process uses the Orleans silo or client that the host brings
    /// (<c>AddOrleansDirectory</c>), and without one a directory of its own. The order of the calls does not matter.
    /// </summary>
    public static IServiceCollection AddDirectory(this IServiceCollection services, Action<DirectoryOptions>? configure = null)
    {
        var options = services.AddOptions<DirectoryOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DirectoryOptions>, DirectoryOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.TryAddSingleton<DirectoryMetrics>();
        services.TryAddSingleton<IDirectory>(Choose);
        return services;
    }

    /// <summary>Refuses a silo or client of the host's own where the configuration has made this process one.</summary>
    /// <exception cref="InvalidOperationException">It is so.</exception>
    internal static void CheckIsOnlyCluster(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ClusterIsConfigured)))
        {
            throw TwoClusters();
        }
    }

    private static InvalidOperationException TwoClusters() => new(
        $"The section {DirectoryOptions.Section} names an Orleans cluster (Clustering, Gateways or MembershipFile), and this process has an Orleans silo "
        + "or client of its own. It can be in one cluster only: leave the section empty, or remove UseOrleans or UseOrleansClient.");

    /// <summary>Chooses by what is registered when the container is complete, so that the order of registration does not matter.</summary>
    private static IDirectory Choose(IServiceProvider services)
    {
        if (services.GetService<OrleansDirectory>() is { } directory)
        {
            return directory;
        }
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IClusterClient)) == true)
        {
            throw new InvalidOperationException(
                "This process has an Orleans silo or client without the directory: call AddOrleansDirectory() on its builder, in UseOrleans or "
                + "UseOrleansClient, and on every silo of the cluster.");
        }
        if (services.GetService<IConfiguration>() is { } configuration
            && DirectoryClusterOptions.From(configuration.GetSection(DirectoryOptions.Section)) is { NamesCluster: true })
        {
            throw new InvalidOperationException(
                $"The section {DirectoryOptions.Section} names an Orleans cluster (Clustering, Gateways or MembershipFile), and AddDirectory() was called "
                + "without it: this server would be alone. Give AddDirectory() that section, or call AddOrleansAdapter() on the host's builder (package "
                + "OrleansAdapter).");
        }
        var time = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(DirectoryLog.Category).Bounded(time);
        DirectoryLog.InProcess(logger);
        var host = new DirectoryHost(
            new DirectoryHostOptions(services.GetRequiredService<IOptions<DirectoryOptions>>().Value) { FirstStart = true },
            services.GetRequiredService<DirectoryMetrics>(),
            time,
            new Random(),
            logger);
        return new InProcessDirectory(host, ownsHost: true);
    }

    /// <summary>Says that a section of the configuration has made this process a silo or client of the directory's cluster.</summary>
    private sealed class ClusterIsConfigured;
}
