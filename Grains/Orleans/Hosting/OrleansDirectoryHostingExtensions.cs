using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Internal;
using Orleans.Storage;
using Orleans.Streams;
using OrleansAdapter;
using OrleansAdapter.OnOrleans;

namespace Orleans.Hosting;

/// <summary>Puts the directory into an Orleans silo, and connects servers to it.</summary>
public static class OrleansDirectoryHostingExtensions
{
    private const string PubSubStore = "PubSubStore";
    private const int Queues = 8;

    /// <summary>
    /// Makes this silo host the directory's grains, and provides <see cref="IDirectory"/> to what else runs in its process. Every silo of the cluster
    /// needs it.
    /// </summary>
    public static ISiloBuilder AddOrleansDirectory(this ISiloBuilder builder, Action<OrleansDirectoryOptions>? configure = null)
    {
        AddCommon(builder.Services, configure);
        builder.Services.TryAddSingleton<FirstHomes>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeathListener, SiloOfDeadServer>());
        builder.AddPlacementDirector<OnItsServer, NamedSiloDirector>();
        builder.AddPlacementDirector<OnDirectorySilo, NamedSiloDirector>();
        if (!builder.Services.Any(service => service.ServiceType == typeof(IGrainStorage) && PubSubStore.Equals(service.ServiceKey)))
        {
            // Who listens to which mailbox. Lost with its silo, it is made anew: servers look for it when something does not come.
            builder.AddMemoryGrainStorage(PubSubStore);
        }
        builder.AddStreaming();
        if (UsesOwnStreams(configure))
        {
            builder.AddPersistentStreams(MailboxStreams.ProviderName, MailboxAdapterFactory.Create, streams =>
            {
                streams.Configure<HashRingStreamQueueMapperOptions>(mapper => mapper.Configure(options => options.TotalQueueCount = Queues));
                streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
                streams.ConfigurePullingAgent(agent => agent.Configure(options =>
                {
                    options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5); // only between an empty read and the next: reads wait
                    options.BatchContainerBatchSize = 64;
                    options.MaxEventDeliveryTime = TimeSpan.FromSeconds(2);
                    options.StreamInactivityPeriod = TimeSpan.FromMinutes(5);
                }));
            });
        }
        return builder;
    }

    /// <summary>Connects this client's process to the directory: provides <see cref="IDirectory"/>.</summary>
    public static IClientBuilder AddOrleansDirectory(this IClientBuilder builder, Action<OrleansDirectoryOptions>? configure = null)
    {
        AddCommon(builder.Services, configure);
        builder.Services.AddSingleton<RetryFilter>();
        builder.Services.RemoveAll<IClientConnectionRetryFilter>().AddSingleton<IClientConnectionRetryFilter>(services => services.GetRequiredService<RetryFilter>());
        builder.Services.AddSingleton<IClusterConnectionStatusObserver>(services => services.GetRequiredService<ConnectionWatch>());
        builder.Services.AddSingleton<ClientEnd>();
        builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(services => services.GetRequiredService<ClientEnd>());
        builder.Services.AddOptions<ClientConnectionOptions>().Configure<ClientEnd, RetryFilter>(
            (connections, end, filter) => connections.ConfigureConnection(connection => connection.Use(end.Watch).Use(filter.Watch)));
        builder.AddStreaming();
        if (UsesOwnStreams(configure))
        {
            builder.AddPersistentStreams(MailboxStreams.ProviderName, MailboxAdapterFactory.Create, streams =>
            {
                streams.Configure<HashRingStreamQueueMapperOptions>(mapper => mapper.Configure(options => options.TotalQueueCount = Queues));
                streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
            });
        }
        return builder;
    }

    private static bool UsesOwnStreams(Action<OrleansDirectoryOptions>? configure)
    {
        var options = new OrleansDirectoryOptions();
        configure?.Invoke(options);
        return options.StreamProvider == MailboxStreams.ProviderName;
    }

    private static void AddCommon(IServiceCollection services, Action<OrleansDirectoryOptions>? configure)
    {
        var options = services.AddOptions<OrleansDirectoryOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        AddTypes(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrleansDirectoryOptions>, OrleansDirectoryOptionsValidator>());
        services.TryAddSingleton<ConnectionWatch>();
        services.TryAddSingleton<IDirectory, OrleansDirectory>();
    }

    /// <summary>
    /// Orleans finds types by what its code generator wrote into the program's own assembly. A program that has no grains need not have that: then
    /// it finds what happens to be loaded, and the first silo of a process lacks what the second has.
    /// </summary>
    private static void AddTypes(IServiceCollection services)
    {
        HashSet<Assembly> parts = [];
        ReferencedAssemblyProvider.AddAssembly(parts, typeof(RoomsGrain).Assembly);
        ReferencedAssemblyProvider.AddAssembly(parts, typeof(MailboxBatch).Assembly);
        var known = services.Where(service => service.ServiceType == typeof(IConfigureOptions<TypeManifestOptions>)).Select(service => service.ImplementationType).ToHashSet();
        foreach (var provider in parts.SelectMany(part => part.GetCustomAttributes<TypeManifestProviderAttribute>()).Select(attribute => attribute.ProviderType))
        {
            if (known.Add(provider))
            {
                services.AddSingleton(typeof(IConfigureOptions<TypeManifestOptions>), provider);
            }
        }
    }
}
