using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Security;
using OrleansAdapter.Threading;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// Passes requests on to the server whose session they belong to, streaming both ways: polls, posts, server-sent events, WebSockets. A request is passed on
/// once at most, and what cannot be is for the caller to answer, as a request for a session that there is not.
/// </summary>
internal sealed class SessionForwarder : IDisposable
{
    /// <summary>Nothing is cut off for being quiet: the session's server decides how long a poll lasts.</summary>
    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = new Version(1, 1),
        VersionPolicy = HttpVersionPolicy.RequestVersionExact
    };

    private static readonly ForwardTransformer Transformer = new();

    private readonly ThisServer _server;
    private readonly ILogger _logger;
    private readonly LogInterval _strangers;
    private readonly ServerAddresses _addresses;
    private readonly HttpMessageInvoker _invoker;
    private readonly ServiceProvider _services;
    private readonly IHttpForwarder _forwarder;

    public SessionForwarder(ThisServer server, ILoggerFactory loggers)
    {
        _server = server;
        _logger = loggers.CreateLogger("OrleansAdapter.Forwarding").Bounded(server.Time);
        _strangers = new LogInterval(server.Time);
        _addresses = new ServerAddresses(server.ServersAsync, Options, server.Time, _logger);
        _invoker = new ServerConnector(
            _addresses, new ProofGate(ClusterSecret.Of(Options.Secret ?? ""), server.Time), Options.ConnectTimeout).NewInvoker();
        // In a container of its own: its log would tell of every client that hangs up, and an application that is a proxy itself has its own.
        _services = new ServiceCollection().AddLogging().AddHttpForwarder().BuildServiceProvider();
        server.Draining.Add(Requests);
        _forwarder = _services.GetRequiredService<IHttpForwarder>();
    }

    /// <summary>Whether requests are passed on at all.</summary>
    public bool IsEnabled => Options.IsEnabled;

    /// <summary>The requests that are being passed on.</summary>
    public ForwardedRequests Requests { get; } = new();

    private ForwardingOptions Options => _server.Options.Forwarding;

    /// <summary>Whether a session is another server's, so that its requests may be passed on.</summary>
    public bool IsElsewhere(ServerId server) => server.Process != _server.Process;

    /// <summary>
    /// Passes a request on. False where that may or can not be, and nothing has been answered: forwarding is off, it has been passed on already, or the
    /// server is not there. A server that ends meanwhile ends the request.
    /// </summary>
    public async Task<bool> TryForwardAsync(HttpContext context, ServerId owner)
    {
        if (!IsEnabled)
        {
            return false;
        }
        if (InternalRequest.Is(context))
        {
            _server.Metrics.ForwardingLoop();
            ForwardingLog.Loop(_logger, owner.Process);
            return false;
        }
        owner = owner.Process;
        try
        {
            if (await _addresses.FindAsync(owner, context.RequestAborted).ConfigureAwait(false) is null)
            {
                _server.Metrics.Forwarded("unknown");
                return false;
            }
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        return await SendAsync(context, owner).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _invoker.Dispose();
        _services.Dispose();
    }

    private async Task<bool> SendAsync(HttpContext context, ServerId owner)
    {
        using var activity = ForwardingActivities.StartForwarding(context, owner);
        using var request = Requests.Add(context);
        var error = await _forwarder.SendAsync(context, ServerConnector.PrefixOf(owner), _invoker, Config, Transformer).ConfigureAwait(false);
        if (error == ForwarderError.None || context.RequestAborted.IsCancellationRequested)
        {
            _server.Metrics.Forwarded("done");
            activity?.SetTag("http.response.status_code", context.Response.StatusCode);
            return true;
        }
        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        activity?.MarkFailed(error.ToString());
        Note(owner, error, exception);
        if (error is ForwarderError.Request)
        {
            _addresses.Forget(owner);
        }
        if (context.Response.HasStarted)
        {
            return true;
        }
        context.Response.Clear();
        return false;
    }

    private void Note(ServerId owner, ForwarderError error, Exception? exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is ProofException { IsOfSecrets: true })
            {
                _server.Metrics.Forwarded("refused");
                if (_strangers.IsDue(out var leftOut))
                {
                    ForwardingLog.SecretRefused(_logger, owner, cause.Message, leftOut);
                }
                return;
            }
        }
        _server.Metrics.Forwarded("failed");
        ForwardingLog.Unreachable(_logger, owner, exception?.GetBaseException().Message ?? error.ToString());
    }
}
