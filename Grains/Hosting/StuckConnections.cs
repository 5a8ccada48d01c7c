using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// Ends connections of Orleans whose other end has acknowledged nothing for a while, so that another one takes their place. TCP tries again ever more seldom:
/// a connection that was cut for 25 s stands still for up to 25 s more when the network is back, and calls go on into it.
/// </summary>
internal sealed class StuckConnections(TimeProvider time, ILogger<StuckConnections> logger)
{
    /// <summary>
    /// For how long bytes may go unacknowledged. Kernels acknowledge while a process is paused, until its buffers are full: one that is sent much and stands
    /// still for longer loses its connections, and is connected to again when it goes on. It is less than silos take to declare one dead, so that by then
    /// nobody's calls go to it any more.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    private const int Tcp = 6;
    private const int UserTimeout = 18;

    private readonly ILogger _logger = logger.Bounded(time);

    /// <summary>Limits the connections of this container's silo or client, where the operating system can: Linux.</summary>
    public static void End(IServiceCollection services)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        services.AddSingleton<StuckConnections>();
        services.AddOptions<ClientConnectionOptions>().Configure<StuckConnections>(
            (connections, stuck) => connections.ConfigureConnection(connection => connection.Use(stuck.Limited)));
        services.AddOptions<SiloConnectionOptions>().Configure<StuckConnections>((connections, stuck) =>
        {
            connections.ConfigureSiloOutboundConnection(connection => connection.Use(stuck.Limited));
            connections.ConfigureSiloInboundConnection(connection => connection.Use(stuck.Limited));
            connections.ConfigureGatewayInboundConnection(connection => connection.Use(stuck.Limited));
        });
    }

    /// <summary>The time after which a connection's socket gives up; null where it has no such limit. For tests.</summary>
    public static TimeSpan? LimitOf(ConnectionContext connection)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        SocketOf(connection).GetRawSocketOption(Tcp, UserTimeout, value);
        return BitConverter.ToInt32(value) is > 0 and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }

    private ConnectionDelegate Limited(ConnectionDelegate next) => connection =>
    {
        try
        {
            SocketOf(connection).SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes((int)Limit.TotalMilliseconds));
        }
        catch (ObjectDisposedException)
        {
            // It has ended already.
        }
#pragma warning disable CA1031 // Whatever another version of Orleans has in place of that field: the connection goes on without the limit.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.Unlimited(_logger, exception);
        }
        return next(connection);
    };

    /// <summary>Orleans shows the socket of a connection to nobody, and has no option for this.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_socket")]
    private static extern ref Socket SocketOf([UnsafeAccessorType("Orleans.Networking.Shared.SocketConnection, Orleans.Core")] object connection);
}
