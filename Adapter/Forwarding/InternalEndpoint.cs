using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Security;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// The endpoint at which other servers reach this one. It is a Kestrel of its own beside the host's server, so that no setting of the one (addresses,
/// certificates, limits) touches the other, and whatever the host's server is; it serves the same pipeline. It listens before this server registers, and
/// ends when all else has.
/// </summary>
internal sealed class InternalEndpoint(
    ThisServer server, IServiceProvider services, ILoggerFactory loggers) : IHostedLifecycleService, IStartupFilter, IAsyncDisposable
{
    private const int Backlog = 4096;
    private const string OwnDirectoryPrefix = "orleansadapter-";

    private readonly ILogger _logger = loggers.CreateLogger("OrleansAdapter.Forwarding").Bounded(server.Time);
    private readonly LogInterval _strangers = new(server.Time);
    private InternalApplication? _application;
    private KestrelServer? _kestrel;
    private string? _path;

    private ForwardingOptions Options => server.Options.Forwarding;

    /// <summary>Takes the host's pipeline as it is behind this filter: what is before it was done by the server that the request came to.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(inner =>
        {
            if (_application is not null)
            {
                _application.Pipeline = inner;
            }
            return inner;
        });
        next(app);
    };

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // A program without clients has no sessions that anybody could want.
        if (!Options.IsEnabled || services.GetService<IServiceProviderIsService>()?.IsService(typeof(IServer)) != true)
        {
            return;
        }
        _application = new InternalApplication(services.GetRequiredService<IHttpContextFactory>());
        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestHeadersTotalSize *= 2; // what the other server let in, and what it adds
        kestrel.Limits.MaxRequestHeaderCount *= 2;
        kestrel.Limits.MaxRequestLineSize *= 2;
        kestrel.AllowSynchronousIO = services.GetService<IOptions<KestrelServerOptions>>()?.Value.AllowSynchronousIO == true;
        if (Options.Listen is { } listen)
        {
            kestrel.Listen(IPEndPoint.Parse(listen), Configure);
        }
        else
        {
            _path = ServerAddress.PathOf(Options.SocketDirectory!, server.Process);
            File.Delete(_path);
            kestrel.ListenUnixSocket(_path, Configure);
        }
        var transport = new SocketTransportFactory(Microsoft.Extensions.Options.Options.Create(new SocketTransportOptions { Backlog = Backlog }), loggers);
        _kestrel = new KestrelServer(Microsoft.Extensions.Options.Options.Create(kestrel), transport, loggers);
        try
        {
            await _kestrel.StartAsync(_application, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new IOException(
                $"The endpoint for other servers cannot listen at {_path ?? Options.Listen} (OrleansAdapter:Forwarding): {exception.Message}", exception);
        }
        server.Address = _path is not null ? ServerAddress.OfSocket(_path) : AddressOf(_kestrel);
        ForwardingLog.Listening(_logger, server.Address);
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_kestrel is not null)
        {
            await _kestrel.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        RemoveFile();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_kestrel is not null)
        {
            await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            _kestrel.Dispose();
        }
        RemoveFile();
    }

    private void Configure(ListenOptions endpoint)
    {
        var gate = new ProofGate(ClusterSecret.Of(Options.Secret!), server.Time);
        var purpose = ServerConnector.PurposeOf(server.Process);
        endpoint.Protocols = HttpProtocols.Http1;
        endpoint.Use(next => async connection =>
        {
            try
            {
                await gate.AcceptAsync(purpose, connection.Transport, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ProofException exception)
            {
                if (exception.Failure != ProofFailure.Ended && _strangers.IsDue(out var leftOut))
                {
                    ForwardingLog.Stranger(_logger, exception.Message, leftOut);
                }
                return;
            }
            await next(connection).ConfigureAwait(false);
        });
    }

    private string AddressOf(KestrelServer kestrel)
    {
        var bound = new Uri(kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return ServerAddress.Of(Options.AdvertisedAddress ?? bound.DnsSafeHost, bound.Port);
    }

    /// <summary>The file goes with its server, and the primary's folder with the last one: the primary may be gone.</summary>
    private void RemoveFile()
    {
        if (_path is null)
        {
            return;
        }
        try
        {
            File.Delete(_path);
            var folder = Path.GetDirectoryName(_path)!;
            if (Path.GetFileName(folder).StartsWith(OwnDirectoryPrefix, StringComparison.Ordinal))
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Others are still there, or everything is gone.
        }
    }
}
