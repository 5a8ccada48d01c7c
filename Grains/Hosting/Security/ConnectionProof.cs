using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansAdapter.Security;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>What connections between silos and clients are secured with.</summary>
internal sealed class ConnectionSecurityOptions
{
    /// <summary>The file with the cluster's secret; null where nobody is asked for one.</summary>
    public string? SecretFile { get; set; }
}

/// <summary>
/// Has silos and clients prove to each other that they have the cluster's secret, before Orleans says its first word on a connection: who has not got it
/// does not even learn what the cluster is called. The proof names the gateway's or silo's port, so that nobody can stand at another port and pass it on.
/// </summary>
internal sealed class ConnectionProof(IOptions<ConnectionSecurityOptions> options, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ProofGate? _gate = options.Value.SecretFile is { } file ? new ProofGate(ClusterSecret.Read(file), time) : null;
    private readonly LogInterval _refused = new(time);
    private readonly LogInterval _failed = new(time);
    private readonly LogInterval _broken = new(time);
    private readonly ILogger _logger = loggers.CreateLogger(DirectoryLog.Category);

    /// <summary>
    /// Puts it into the connections of this container's silo or client. It comes behind all else that is configured there, in whatever order: TLS goes
    /// around it.
    /// </summary>
    public static void Add(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ConnectionProof)))
        {
            return;
        }
        services.AddSingleton<ConnectionProof>();
        services.AddOptions<ClientConnectionOptions>().PostConfigure<ConnectionProof>(
            (connections, proof) => connections.ConfigureConnection(connection => connection.Use(proof.Connecting)));
        services.AddOptions<SiloConnectionOptions>().PostConfigure<ConnectionProof, ILocalSiloDetails>((connections, proof, silo) =>
        {
            connections.ConfigureSiloOutboundConnection(connection => connection.Use(proof.Connecting));
            connections.ConfigureSiloInboundConnection(connection => connection.Use(proof.Accepting(silo.SiloAddress.Endpoint.Port)));
            connections.ConfigureGatewayInboundConnection(connection => connection.Use(proof.Accepting(silo.GatewayAddress?.Endpoint.Port ?? 0)));
        });
    }

    private static string PurposeOf(int port) => string.Create(CultureInfo.InvariantCulture, $"Orleans at port {port}");

    // Not until ConnectionClosed: that may come before the last bytes of the other end have been read, which say why it closed the connection.
    private ConnectionDelegate Connecting(ConnectionDelegate next) => _gate is null ? next : async connection =>
    {
        try
        {
            var port = (connection.RemoteEndPoint as IPEndPoint)?.Port ?? 0;
            await _gate.ConnectAsync(PurposeOf(port), connection.Transport, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProofException exception)
        {
            if (exception.IsOfSecrets)
            {
                if (_failed.IsDue(out var leftOut))
                {
                    DirectoryLog.NotProved(_logger, connection.RemoteEndPoint, exception.Message, options.Value.SecretFile!, leftOut);
                }
            }
            else if (_broken.IsDue(out var leftOut))
            {
                DirectoryLog.ProofBroken(_logger, connection.RemoteEndPoint, exception.Message, leftOut);
            }
            throw;
        }
        await next(connection).ConfigureAwait(false);
    };

    private Func<ConnectionDelegate, ConnectionDelegate> Accepting(int port) => next => _gate is null ? next : async connection =>
    {
        try
        {
            await _gate.AcceptAsync(PurposeOf(port), connection.Transport, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProofException exception)
        {
            if (_refused.IsDue(out var leftOut))
            {
                DirectoryLog.Stranger(_logger, connection.RemoteEndPoint, port, exception.Message, leftOut);
            }
            throw;
        }
        await next(connection).ConfigureAwait(false);
    };
}
