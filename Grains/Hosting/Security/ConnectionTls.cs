using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Connections.Security;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// Encrypts connections between silos and clients, and lets in who has a certificate of the cluster's authority. Names are not compared: silos are known by
/// addresses, which change.
/// </summary>
internal sealed class ConnectionTls
{
    private readonly TlsOptions _options;
    private readonly X509Certificate2Collection _authorities;
    private readonly LogInterval _failures;
    private readonly ILogger _logger;

    public ConnectionTls(TlsFiles files, TimeProvider time, ILogger logger)
    {
        _authorities = files.Authorities();
        _failures = new LogInterval(time);
        _logger = logger;
        _options = new TlsOptions
        {
            LocalCertificate = files.Certificate(),
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (_, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
            OnAuthenticateAsClient = (_, own) => ((SslClientAuthenticationOptions)own.SslClientAuthenticationOptions).CertificateChainPolicy = NewPolicy(),
            OnAuthenticateAsServer = (_, own) => ((SslServerAuthenticationOptions)own.SslServerAuthenticationOptions).CertificateChainPolicy = NewPolicy(),
        };
    }

    /// <summary>Puts it into connections that this process makes.</summary>
    public void Connect(IConnectionBuilder connection) => Use(connection, () => connection.UseClientTls(_options));

    /// <summary>Puts it into connections that are made to this process.</summary>
    public void Accept(IConnectionBuilder connection) => Use(connection, () => connection.UseServerTls(_options));

    /// <summary>Orleans' TLS ends a connection that fails, and says nothing but to its own log, each time.</summary>
    private void Use(IConnectionBuilder connection, Action useTls)
    {
        connection.Use(next => async context =>
        {
            var handshake = new Handshake();
            context.Features.Set(handshake);
            await next(context).ConfigureAwait(false);
            if (!handshake.IsDone)
            {
                if (_failures.IsDue(out var leftOut))
                {
                    DirectoryLog.NoTls(_logger, context.RemoteEndPoint, leftOut);
                }
                throw new AuthenticationException($"The other end of the connection, {context.RemoteEndPoint}, has no certificate that this one accepts.");
            }
        });
        useTls();
        connection.Use(next => context =>
        {
            context.Features.Get<Handshake>()!.IsDone = true;
            return next(context);
        });
    }

    private X509ChainPolicy NewPolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    private sealed class Handshake
    {
        public bool IsDone { get; set; }
    }
}
