using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>What connections between silos and clients are secured with.</summary>
internal sealed class ConnectionSecurityOptions
{
    /// <summary>The file with the cluster's secret; null where nobody is asked for one.</summary>
    public string? SecretFile { get; set; }

    /// <summary>The files for TLS; without any, connections are not encrypted.</summary>
    public TlsFiles Tls { get; set; } = new();
}

/// <summary>Secures the connections of a container's silo or client: TLS first, the proof of the secret inside of it, and then Orleans.</summary>
internal sealed class ConnectionSecurity
{
    private readonly ConnectionTls? _tls;
    private readonly ConnectionProof? _proof;

    public ConnectionSecurity(IOptions<ConnectionSecurityOptions> options, TimeProvider time, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger(DirectoryLog.Category).Bounded(time);
        _tls = options.Value.Tls.IsEnabled ? new ConnectionTls(options.Value.Tls, time, logger) : null;
        _proof = options.Value.SecretFile is { } file ? new ConnectionProof(file, time, logger) : null;
    }

    /// <summary>
    /// Puts it into the connections of this container's silo or client. It comes behind all else that is configured there, in whatever order: TLS of the
    /// application's own goes around it.
    /// </summary>
    public static void Add(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ConnectionSecurity)))
        {
            return;
        }
        services.AddSingleton<ConnectionSecurity>();
        services.AddOptions<ClientConnectionOptions>().PostConfigure<ConnectionSecurity>(
            (connections, security) => connections.ConfigureConnection(security.Connect));
        services.AddOptions<SiloConnectionOptions>().PostConfigure<ConnectionSecurity, ILocalSiloDetails>((connections, security, silo) =>
        {
            connections.ConfigureSiloOutboundConnection(security.Connect);
            connections.ConfigureSiloInboundConnection(connection => security.Accept(connection, silo.SiloAddress.Endpoint.Port));
            connections.ConfigureGatewayInboundConnection(connection => security.Accept(connection, silo.GatewayAddress?.Endpoint.Port ?? 0));
        });
    }

    private void Connect(IConnectionBuilder connection)
    {
        _tls?.Connect(connection);
        if (_proof is not null)
        {
            connection.Use(_proof.Connecting);
        }
    }

    /// <param name="connection">The connection.</param>
    /// <param name="port">The port by which the silo is known to whoever connects.</param>
    private void Accept(IConnectionBuilder connection, int port)
    {
        _tls?.Accept(connection);
        if (_proof is not null)
        {
            connection.Use(_proof.Accepting(port));
        }
    }
}
