using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Draining;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Hosting;

/// <summary>
/// A server of the warm-up: a host of its own, with nothing of the application's in it, whose clients come from this process. Nobody sees it: it is not
/// listed, its metrics have a meter of its own, its log is for who looks for it, and it traces nothing.
/// </summary>
internal sealed class WarmUpServer : IAsyncDisposable
{
    private const string Unseen = "OrleansAdapterWarmUp";

    /// <summary>How long it may take to leave the directory in an orderly way.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;
    private readonly WarmUpListener _listener;
    private readonly CancellationToken _hurry;

    /// <param name="services">The application's.</param>
    /// <param name="directory">The directory, for this server alone.</param>
    /// <param name="fronts">What it serves.</param>
    /// <param name="logger">Gets what it logs.</param>
    /// <param name="hurry">Says that there is no time left for an orderly end.</param>
    public WarmUpServer(IServiceProvider services, IDirectory directory, IReadOnlyList<IWarmUpFront> fronts, ILogger logger, CancellationToken hurry)
    {
        _hurry = hurry;
        var transport = services.GetService<IOptions<SocketTransportOptions>>()?.Value ?? new SocketTransportOptions();
        _listener = new WarmUpListener(transport, logger);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore();
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new WarmUpLoggerFactory(logger)));
        builder.Services.Replace(ServiceDescriptor.Singleton<System.Diagnostics.Metrics.IMeterFactory, WarmUpMeters>());
        builder.Services.Replace(ServiceDescriptor.Singleton(static _ => new ActivitySource(Unseen)));
        builder.Services.Replace(ServiceDescriptor.Singleton(static _ => new DiagnosticListener(Unseen)));
        builder.Services.AddSingleton<Microsoft.AspNetCore.Connections.IConnectionListenerFactory>(_listener);
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(new FrontEndPoint(secure: false)));
        builder.Services.AddRouting();
        builder.Services.AddSingleton(directory);
        builder.Services.AddOrleansAdapter(options =>
        {
            options.IsWarmUp = true;
            options.WarmUp.Enabled = false;
            options.DrainTimeout = EndLimit;
            options.Namespaces.Add("/");
        });
        foreach (var front in fronts)
        {
            front.Add(builder.Services);
        }
        _application = builder.Build();
        foreach (var front in fronts)
        {
            front.Map(_application);
        }
    }

    /// <summary>Starts it; returns when it is registered with the directory.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _application.StartAsync(cancellationToken);

    /// <summary>Connects a client to it; returns when that has been let in.</summary>
    public async Task<WarmUpClient> ConnectAsync(IWarmUpFront front, CancellationToken cancellationToken)
    {
        var client = new WarmUpClient(await _listener.ConnectAsync(cancellationToken).ConfigureAwait(false), front);
        try
        {
            await client.OpenAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Ends. The directory notices by itself, when the lease is over.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_hurry);
        limit.CancelAfter(EndLimit);
        await using var hurrying = limit.Token.UnsafeRegister(
            static drain => ((IServerDrain)drain!).Hurry(), _application.Services.GetRequiredService<IServerDrain>()).ConfigureAwait(false);
        // On another thread: stopping runs the drain in the call that begins it.
        await Task.Run(() => _application.StopAsync(limit.Token), CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Signals are the application's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
