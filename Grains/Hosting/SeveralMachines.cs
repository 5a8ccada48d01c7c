using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;

namespace OrleansAdapter.Grains;

/// <summary>
/// What suits a cluster of several silos: a machine that vanishes is declared dead within about 5 s, and what it hosted is found elsewhere at once.
/// </summary>
internal static class SeveralMachines
{
    /// <summary>How long a home waits for the servers of the one before, in milliseconds, where nothing else is said (<see cref="HomeOptions"/>).</summary>
    public const long HoldForKnown = 2_500;

    /// <summary>Sets how silos watch each other across machines.</summary>
    public static void Configure(ISiloBuilder silo)
    {
        SpreadGrainDirectory(silo);
        silo.Services.Decorate<IMembershipTable, WaitingMembershipTable>();

        // When a machine that vanished is declared dead, nobody's calls go to it any more (StuckConnections): who is to come, comes soon.
        if (OperatingSystem.IsLinux())
        {
            silo.Services.Configure<DirectoryOptions>(
                directory => directory.Homes = directory.Homes with { HoldForKnown = Math.Max(directory.Homes.Hold, HoldForKnown) });
        }
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // Orleans takes no vote for as long as MaxProbeTimeout × NumMissedProbesLimit after it last heard a silo.
            membership.ProbeTimeout = membership.MinProbeTimeout = TimeSpan.FromSeconds(1);
            membership.MaxProbeTimeout = TimeSpan.FromMilliseconds(1_500);
            membership.NumMissedProbesLimit = 3;

            // So that one ill silo cannot evict healthy ones. Of two silos Orleans asks one vote.
            membership.NumVotesForDeathDeclaration = 2;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);

            // Silos may start long before those that died with their machines are forgotten.
            membership.MaxJoinAttemptTime = TimeSpan.FromSeconds(30);
            membership.EvictWhenMaxJoinAttemptTimeExceeded = true;
        });
    }

    /// <summary>Spreads Orleans' record of which grain is where over all silos, and has it usable at once when one of them dies.</summary>
    public static void SpreadGrainDirectory(ISiloBuilder silo)
    {
        // With which Orleans tries again what went to a silo that died.
        silo.Services.AddLogging(logging => logging.AddFilter("Polly", LogLevel.Critical));
#pragma warning disable ORLEANSEXP003 // An experiment of Orleans'. It keeps grains where they are when a silo dies that knew of them; the usual one ends them.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // A second activation, which a lease would prevent, is harmless: of two homes only one has the lives (docs/PROTOCOL.md).
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
    }

    /// <summary>Puts a service around the one that is registered.</summary>
    public static void Decorate<TService, TDecorator>(this IServiceCollection services)
        where TService : class
        where TDecorator : TService
    {
        var inner = services.Last(service => service.ServiceType == typeof(TService) && !service.IsKeyedService);
        services.Remove(inner);
        services.AddSingleton<TService>(provider => ActivatorUtilities.CreateInstance<TDecorator>(provider, (TService)Create(inner, provider)));
    }

    private static object Create(ServiceDescriptor service, IServiceProvider provider) =>
        service.ImplementationInstance
        ?? service.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, service.ImplementationType!);
}
