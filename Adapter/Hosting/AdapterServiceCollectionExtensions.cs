using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.Draining;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Hosting;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Primary;
using OrleansAdapter.RateLimiting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds OrleansAdapter to a host.</summary>
public static class AdapterServiceCollectionExtensions
{
    private const string RateLimitSection = "OrleansAdapter:RateLimits";

    /// <summary>
    /// Makes this process a server of the cluster, with the options that the section <c>OrleansAdapter</c> of the configuration gives. A directory has to be
    /// added as well (<c>AddDirectory</c>), before or after. The host starts when the server is registered in its namespaces.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the options that the configuration gives.</param>
    public static IServiceCollection AddOrleansAdapter(this IServiceCollection services, Action<OrleansAdapterOptions>? configure = null)
    {
        services.TakeSection<OrleansAdapterOptions>("OrleansAdapter");
        AddServer(services, configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrleansAdapterOptions>, PrimaryCheck>());
        services.TryAddSingleton<SessionForwarder>();
        services.TryAddSingleton<InternalEndpoint>();
        static InternalEndpoint Endpoint(IServiceProvider provider) => provider.GetRequiredService<InternalEndpoint>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, InternalEndpoint>(Endpoint));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, InternalEndpoint>(Endpoint));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, ChunkedBodyGuard>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServerLifetime>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPrimaryQuestion, ClientCounts>());
        if (services.All(service => service.ServiceType != typeof(IServerDrain)))
        {
            services.AddSingleton<ServerDrain>();
            services.AddSingleton<IServerDrain>(static provider => provider.GetRequiredService<ServerDrain>());
            services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<ServerDrain>());
            services.AddOptions<HostOptions>().PostConfigure<IOptions<OrleansAdapterOptions>, IServiceProvider>(static (host, adapter, provider) =>
            {
                // Its time begins when the drain does, unless that comes before.
                if (provider.GetService<DrainedByLifetime>() is null && host.ShutdownTimeout != Timeout.InfiniteTimeSpan)
                {
                    host.ShutdownTimeout += adapter.Value.DrainTimeout;
                }
            });
        }
        return services;
    }

    /// <summary>
    /// Adds an <see cref="Emitter"/>: this process takes part in the cluster without having clients. A directory has to be added as well
    /// (<c>AddDirectory</c>). The host starts when the directory has been reached.
    /// </summary>
    public static IServiceCollection AddEmitter(this IServiceCollection services, Action<OrleansAdapterOptions>? configure = null)
    {
        AddOrleansAdapter(services, configure);
        services.TryAddSingleton(static provider => new Emitter(provider.GetRequiredService<ThisServer>()));
        return services;
    }

    /// <summary>
    /// For a host whose directory has doors for other services, as a silo has with <c>IRoomGrain</c>: what goes through them is done by this process's
    /// server, or, where it is none, by one without sockets that registers when it is first needed.
    /// </summary>
    public static IServiceCollection AddRoomDoor(this IServiceCollection services, Action<OrleansAdapterOptions>? configure = null)
    {
        AddServer(services, configure);
        services.TryAddSingleton<IRoomDoor>(provider => new RoomDoor(
            provider.GetRequiredService<ThisServer>(),
            provider.GetServices<IHostedService>().Any(service => service is ServerLifetime)));
        return services;
    }

    /// <summary>
    /// Limits how much clients may send, and how many connections an address may open, for Socket.IO and SignalR alike; without this, the section
    /// <c>OrleansAdapter:RateLimits</c> does. All is off that is not set.
    /// </summary>
    /// <example>
    /// <code>
    /// builder.Services.AddClientRateLimits(limits =>
    /// {
    ///     limits.Events["say"] = new RateLimit(5, TimeSpan.FromSeconds(1), burst: 20);
    ///     limits.PerConnection = new RateLimit(50, TimeSpan.FromSeconds(1));
    /// });
    /// </code>
    /// </example>
    public static IServiceCollection AddClientRateLimits(this IServiceCollection services, Action<RateLimitOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        AddRateLimits(services);
        return services.Configure(configure);
    }

    private static void AddRateLimits(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(RateLimits)))
        {
            return;
        }
        services.AddSectionOptions<RateLimitOptions, RateLimitOptionsValidator>(RateLimitSection);
        services.AddSingleton(static provider => new RateLimits(
            provider.GetRequiredService<IOptions<RateLimitOptions>>(),
            provider.GetRequiredService<IOptions<ForwardedHeadersOptions>>(),
            provider.GetRequiredService<ThisServer>().Metrics,
            provider.GetRequiredService<ILogger<RateLimits>>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddServer(IServiceCollection services, Action<OrleansAdapterOptions>? configure)
    {
        var options = services.AddOptions<OrleansAdapterOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        AddRateLimits(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrleansAdapterOptions>, OrleansAdapterOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrleansAdapterOptions>, ForwardingOptionsValidator>());
        services.TryAddSingleton(static provider => new ThisServer(
            provider.GetService<IDirectory>() ?? throw new InvalidOperationException(
                "OrleansAdapter has no directory: call AddDirectory() on the services, AddOrleansDirectory() on an Orleans silo or client, "
                + "or AddOrleansAdapter() on the host's builder, which adds one (package OrleansAdapter)."),
            provider.GetRequiredService<IOptions<OrleansAdapterOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<IMeterFactory>()));
        services.AddMetrics();
    }

    /// <summary>Starts the server before the host takes connections. The container disposes of it when all is stopped.</summary>
    private sealed class ServerLifetime(ThisServer server, IServiceProvider services) : IHostedService, IStartsWithDirectory
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            // First: a server that is registered is asked things, and is missed where it ends before its host has started.
            await WarmUp.Of(services).RunAsync(cancellationToken).ConfigureAwait(false);
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
