using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansAdapter;
using OrleansAdapter.Grains;
using OrleansAdapter.Security;

namespace Orleans.Hosting;

/// <summary>Lets Orleans silos and clients of other services into a cluster whose processes prove to each other that they have its secret.</summary>
public static class ClusterSecretHostingExtensions
{
    /// <summary>
    /// Makes this client one of a cluster that a primary of the same user runs on this machine: its gateways, its cluster id and its secret are read from
    /// the run's private directory, which <c>orleansadapter status</c> names.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="runDirectory">The run's directory.</param>
    /// <exception cref="InvalidDataException">No cluster runs there, or this user may not join it.</exception>
    public static IClientBuilder UseRunDirectory(this IClientBuilder builder, string runDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(runDirectory);
        var cluster = ClusterFile.Read(runDirectory);
        builder.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        builder.UseStaticClustering([.. cluster.Gateways.Select(System.Net.IPEndPoint.Parse)]);
        return builder.UseClusterSecret(cluster.SecretFile);
    }

    /// <summary>
    /// Has this client prove to each silo that it has the cluster's secret, and the silo to it, before anything else is said. <c>AddOrleansDirectory</c>
    /// does the same where <see cref="DirectoryOptions.SecretFile"/> is set.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="file">
    /// The file with the secret, 32 to 4096 bytes; every process of the cluster has the same. Other users may not be able to read it.
    /// </param>
    /// <exception cref="InvalidDataException">The file holds no secret, or other users can read it.</exception>
    public static IClientBuilder UseClusterSecret(this IClientBuilder builder, string file)
    {
        Use(builder.Services, file);
        return builder;
    }

    /// <summary>Has this silo prove to other silos and to clients that it has the cluster's secret, and them to it, before anything else is said.</summary>
    /// <inheritdoc cref="UseClusterSecret(IClientBuilder, string)"/>
    public static ISiloBuilder UseClusterSecret(this ISiloBuilder builder, string file)
    {
        Use(builder.Services, file);
        return builder;
    }

    private static void Use(IServiceCollection services, string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        ClusterSecret.Read(file);
        services.TryAddSingleton(TimeProvider.System);
        ConnectionSecurity.Add(services);
        services.Configure<ConnectionSecurityOptions>(security => security.SecretFile = file);
    }
}
