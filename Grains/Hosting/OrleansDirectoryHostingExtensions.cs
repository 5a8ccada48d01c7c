using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Internal;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Runtime;
using OrleansAdapter;
using OrleansAdapter.Grains;

namespace Orleans.Hosting;

/// <summary>Adds the directory to an Orleans silo or client that the host configures.</summary>
public static class OrleansDirectoryHostingExtensions
{
    private const string PubSubStore = "PubSubStore";

    /// <summary>
    /// Hosts the directory's grains in this silo, and connects the server in this process with them, if there is one. Every silo of the cluster needs it.
    /// </summary>
    public static ISiloBuilder AddOrleansDirectory(this ISiloBuilder builder, Action<DirectoryOptions>? configure = null)
    {
        AddCommon(builder.Services, configure);
        builder.Services.TryAddSingleton<FirstHomes>();
        builder.Services.TryAddSingleton(Epochs.Of);
        builder.Services.TryAddSingleton(Machines.Of);
        AddStanding(builder);
        builder.Services.TryAddSingleton<SiloDeaths>();
        builder.Services.TryAddSingleton<DeadServers>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeathListener, SiloOfDeadServer>());
        builder.Services.TryAddSingleton<LocalHomes>();
        builder.AddPlacementDirector<OnSiloOfKey, SiloOfKeyDirector>();
        builder.AddPlacementDirector<OnItsServer, NamedSiloDirector>();
        builder.AddPlacementDirector<OnDirectorySilo, NamedSiloDirector>();
        builder.Services.TryAddSingleton<KeptSubscriptions>();
        if (!UsesOwnStreams(configure)
            && !builder.Services.Any(service => service.ServiceType == typeof(IGrainStorage) && PubSubStore.Equals(service.ServiceKey)))
        {
            // Who listens to which mailbox of the host's own streams. Lost with its silo, it is made anew: servers look for it when something does not come.
            builder.AddMemoryGrainStorage(PubSubStore);
        }
        return builder;
    }

    /// <summary>Connects the server in this process with the directory in the client's cluster.</summary>
    public static IClientBuilder AddOrleansDirectory(this IClientBuilder builder, Action<DirectoryOptions>? configure = null)
    {
        AddCommon(builder.Services, configure);
        builder.Services.RemoveAll<IClientConnectionRetryFilter>().AddSingleton<IClientConnectionRetryFilter, RetryFilter>();
        builder.Services.AddSingleton<IClusterConnectionStatusObserver>(services => services.GetRequiredService<ConnectionWatch>());
        builder.Services.AddSingleton<ClientEnd>();
        builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(services => services.GetRequiredService<ClientEnd>());
        builder.Services.AddOptions<ClientConnectionOptions>().Configure<ClientEnd>(
            (connections, end) => connections.ConfigureConnection(connection => connection.Use(end.Watch)));
        return builder;
    }

    private static void AddStanding(ISiloBuilder builder)
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(StandingWatch)))
        {
            return;
        }
        builder.Services.AddSingleton<StandingWatch>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<StandingWatch>());
        builder.Services.AddSingleton<StandingServices>();
        builder.AddGrainService<StandingService>();
    }

    private static bool UsesOwnStreams(Action<DirectoryOptions>? configure)
    {
        var options = new DirectoryOptions();
        configure?.Invoke(options);
        return options.StreamProvider == MailboxStreams.ProviderName;
    }

    private static void AddCommon(IServiceCollection services, Action<DirectoryOptions>? configure)
    {
        DirectoryServices.CheckIsOnlyCluster(services);
        services.AddDirectory(configure);
        AddTypes(services);
        services.TryAddSingleton<ConnectionWatch>();
        services.TryAddSingleton<MailboxSubscribers>();
        services.TryAddKeyedSingleton<IStreamProvider>(
            MailboxStreams.ProviderName, static (provider, name) => MailboxStreamProvider.Create(provider, (string)name!));
        services.TryAddSingleton<OrleansDirectory>();
        ConnectionSecurity.Add(services);
        services.AddOptions<ConnectionSecurityOptions>().Configure<IOptions<DirectoryOptions>>((security, directory) =>
        {
            security.SecretFile ??= directory.Value.SecretFile is { Length: > 0 } file ? file : null;
            security.Tls = directory.Value.Tls;
        });
        StartOrleansFirst(services);
    }

    /// <summary>
    /// Moves Orleans' hosted services before the first that uses the directory as it starts. Hosts start services in the order of registration, and that
    /// one would wait for ever for an Orleans behind it.
    /// </summary>
    private static void StartOrleansFirst(IServiceCollection services)
    {
        var first = 0;
        while (first < services.Count
            && !(services[first].ServiceType == typeof(IHostedService) && typeof(IStartsWithDirectory).IsAssignableFrom(services[first].ImplementationType)))
        {
            first++;
        }
        for (var i = first + 1; i < services.Count; i++)
        {
            var service = services[i];
            if (service.ServiceType == typeof(IHostedService) && IsOrleans(service))
            {
                services.RemoveAt(i);
                services.Insert(first++, service);
            }
        }
    }

    /// <summary>A silo's hosted service is known by its type; a client's only by the method that gets it.</summary>
    private static bool IsOrleans(ServiceDescriptor service) =>
        (service.ImplementationType ?? service.ImplementationFactory?.Method.DeclaringType)?.Assembly.GetName().Name
            ?.StartsWith("Orleans.", StringComparison.Ordinal) == true;

    /// <summary>
    /// Registers this project's grains and messages. Orleans finds types by what its code generator wrote into the program's own assembly; in a program
    /// without grains it finds only what happens to be loaded, and the first silo of a process lacks types.
    /// </summary>
    private static void AddTypes(IServiceCollection services)
    {
        HashSet<Assembly> parts = [];
        ReferencedAssemblyProvider.AddAssembly(parts, typeof(HomeGrain).Assembly);
        ReferencedAssemblyProvider.AddAssembly(parts, typeof(MailboxBatch).Assembly);
        var known = services.Where(service => service.ServiceType == typeof(IConfigureOptions<TypeManifestOptions>))
            .Select(service => service.ImplementationType)
            .ToHashSet();
        var providers = parts.SelectMany(part => part.GetCustomAttributes<TypeManifestProviderAttribute>());
        foreach (var provider in providers.Select(attribute => attribute.ProviderType))
        {
            if (known.Add(provider))
            {
                services.AddSingleton(typeof(IConfigureOptions<TypeManifestOptions>), provider);
            }
        }
    }
}
