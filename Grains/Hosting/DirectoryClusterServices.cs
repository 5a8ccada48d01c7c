using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansAdapter;
using Orleans.Messaging;
using Orleans.Runtime;
using OrleansAdapter.Grains;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a process a silo or a client of the directory's own Orleans cluster, as <see cref="DirectoryClusterOptions"/> say.</summary>
internal static class DirectoryClusterServices
{
    private const int QueueLimit = 10_000;

    /// <summary>
    /// Makes this process a silo that hosts the directory: the only one or, with a place for the cluster's membership, one of several.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Where it listens.</param>
    /// <param name="configure">Sets the directory's own options.</param>
    public static IServiceCollection AddOrleansDirectorySilo(
        this IServiceCollection services, DirectoryClusterOptions options, Action<DirectoryOptions>? configure = null)
    {
        var address = options.IPAddress;
        var port = options.SiloPort == 0 ? FreePort(address) : options.SiloPort;
        var clustering = options.ReadClustering();
        return Quiet(services).AddOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            silo.Configure<EndpointOptions>(endPoint =>
                (endPoint.AdvertisedIPAddress, endPoint.SiloPort, endPoint.GatewayPort) = (address, port, options.GatewayPort));
            silo.Configure<SiloOptions>(own => own.SiloName = options.ServerId ?? options.SiloName ?? OnDirectorySilo.Name);
            Configure(silo);
            if (clustering is var (kind, connection))
            {
                kind.Configure(silo, connection);
                SeveralMachines.Configure(silo);
            }
            else if (options.MembershipFile is { Length: > 0 } file)
            {
                silo.Services.AddSingleton<IMembershipTable>(new FileMembershipTable(new MembershipFile(file)));
                SeveralMachines.SpreadGrainDirectory(silo);
                silo.Configure<ClusterMembershipOptions>(membership => membership.TableRefreshTimeout = TimeSpan.FromMilliseconds(250)); // it is a small file
            }
            else
            {
                silo.UseDevelopmentClustering(new IPEndPoint(address, port));
            }
            silo.AddOrleansDirectory(configure);
            Secure(silo.Services, options);
            StuckConnections.End(silo.Services);
            QuietWhileEnding(silo.Services);
        });
    }

    /// <summary>Connects this process to a cluster whose silos host the directory, as an Orleans client.</summary>
    public static IServiceCollection AddOrleansDirectoryClient(
        this IServiceCollection services, DirectoryClusterOptions options, Action<DirectoryOptions>? configure = null)
    {
        var gateways = options.GatewayEndPoints;
        var clustering = options.ReadClustering();
        return Quiet(services).AddOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            if (clustering is var (kind, connection))
            {
                kind.Configure(client, connection);
                client.Services.Decorate<IGatewayListProvider, WaitingGatewayList>();
            }
            else
            {
                client.UseStaticClustering(gateways);
            }
            client.Configure<GatewayOptions>(gateway => gateway.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            client.Configure<ConnectionOptions>(connection => connection.ConnectionRetryDelay = TimeSpan.FromMilliseconds(100));
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5));
            client.AddOrleansDirectory(configure);
            Secure(client.Services, options);
            StuckConnections.End(client.Services);
        });
    }

    private static void Secure(IServiceCollection services, DirectoryClusterOptions options) =>
        services.Configure<ConnectionSecurityOptions>(security =>
        {
            security.SecretFile = options.SecretFile is { Length: > 0 } file ? file : null;
            security.Tls = options.Tls;
        });

    /// <summary>
    /// Sets what suits a cluster that hosts nothing but the directory: a dead silo is declared dead within about 5 s (at once where its supervisor reports
    /// it), a dead client is forgotten after 5 s, and a grain with too many waiting calls refuses more.
    /// </summary>
    private static void Configure(ISiloBuilder silo)
    {
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = TimeSpan.FromSeconds(5);
            messaging.ClientDropTimeout = TimeSpan.FromSeconds(5);
            messaging.MaxEnqueuedRequestsHardLimit = QueueLimit;
            messaging.MaxEnqueuedRequestsHardLimit_StatelessWorker = QueueLimit;
        });
        silo.Configure<ConnectionOptions>(connection => connection.ConnectionRetryDelay = TimeSpan.FromMilliseconds(100));
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(1_500);
            membership.NumMissedProbesLimit = 3;
            membership.NumVotesForDeathDeclaration = 1;
        });
    }

    /// <summary>Turns off Orleans' own warnings, which come for every client that dies; what matters to the directory, the directory logs itself.</summary>
    private static IServiceCollection Quiet(IServiceCollection services) => services.AddLogging(logging => logging
        .AddFilter("Orleans.", LogLevel.Error)
        .AddFilter("Orleans.Runtime.GrainDirectory.ClientDirectory", LogLevel.Critical) // of a silo that has died, again and again
        .AddFilter("Orleans.ClientGrainContext", LogLevel.Critical) // of events that come to a client, or to a life, that has ended
        .AddFilter("Orleans.Runtime.HostedClient", LogLevel.Critical)); // the same in a silo

    /// <summary>
    /// Nor is it a fault that requests wait for a grain of a silo that ends, where no other silo can take them: who asked is told, and asks the next home.
    /// Categories that begin so are quiet as well.
    /// </summary>
    private static void QuietWhileEnding(IServiceCollection services)
    {
        var ending = new SiloEnding();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(ending);
        services.AddLogging(logging => logging.AddFilter("Orleans.Grain", level => level >= (ending.HasBegun ? LogLevel.Critical : LogLevel.Error)));
    }

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
