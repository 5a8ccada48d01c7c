using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Primary;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansAdapter.Silo.Front;

/// <summary>
/// The front that passes each request on to a worker, which listens at a socket file: for systems where a connection cannot be handed over. It chooses
/// workers as the other front does, but for each request. All bytes pass this process.
/// </summary>
internal sealed class ProxyFront : FrontDoor
{
    private static readonly ForwarderRequestConfig Forwarding = new()
    {
        // Longer than any poll; connections that say nothing are ended by both ends' heartbeats.
        ActivityTimeout = TimeSpan.FromMinutes(10),
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly string _directory;
    private readonly int _port;
    private readonly WebApplication _app;
    private readonly IHttpForwarder _forwarder;
    private readonly HttpMessageInvoker _http;
    private int _listening = 1;

    private ProxyFront(WorkerTable workers, FrontAddress address, string directory)
        : base(workers)
    {
        (_directory, _port) = (directory, address.Port);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // the worker's affair, like all that follows
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach (var slot in address.Ports)
            {
                kestrel.Listen(address.EndPointOf(slot));
            }
        });
        _app = builder.Build();
        _app.Run(ForwardAsync);
        _forwarder = _app.Services.GetRequiredService<IHttpForwarder>();
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            ConnectCallback = ConnectAsync,
        });
    }

    public override string Name => "proxy";

    public override int Arriving => 0;

    /// <summary>Starts listening.</summary>
    /// <exception cref="PrimaryException">A port cannot be had.</exception>
    public static async Task<ProxyFront> StartAsync(WorkerTable workers, FrontAddress address, string directory)
    {
        var front = new ProxyFront(workers, address, directory);
        try
        {
            await front._app.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await front.DisposeAsync();
            throw new PrimaryException(exception.Message);
        }
        return front;
    }

    public override IEnumerable<KeyValuePair<string, string>> EnvironmentOf(FrontWorker worker) =>
        [new(FrontContract.EnvironmentPrefix + "ListenPath", SocketOf(worker.Server.ToString()))];

    /// <summary>Takes a worker as connected when it says that it is ready, since it listens by then.</summary>
    public override void Started(FrontWorker worker) => Workers.Connect(worker.Server, int.MaxValue, secure: false);

    /// <summary>Refuses new requests, since Kestrel cannot stop listening and go on serving.</summary>
    public override void StopListening() => Volatile.Write(ref _listening, 0);

    public override Task AliveAsync() => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var named = RequestLine.ServerIn(Encoding.UTF8.GetBytes(context.Features.Get<IHttpRequestFeature>()!.RawTarget));
        var slot = context.Connection.LocalPort - _port;
        if ((Volatile.Read(ref _listening) == 0 && named.IsNone) || Workers.Choose(slot, named, secure: false, out _) is not { } worker)
        {
            Workers.CountRefusal();
            await RefuseAsync(context.Response);
            return;
        }
        Workers.CountHandOver();
        try
        {
            var error = await _forwarder.SendAsync(context, $"http://{Host(worker.Server)}", _http, Forwarding, Transformer.Instance);
            if (error == ForwarderError.Request && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                // It has just ended.
                context.Response.Clear();
                await RefuseAsync(context.Response);
            }
        }
        finally
        {
            Workers.End(worker);
        }
    }

    private static async Task RefuseAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.RetryAfter = "1";
        response.ContentType = "text/plain";
        await response.WriteAsync("No worker is ready yet.\n");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            var server = Encoding.ASCII.GetString(Convert.FromHexString(context.DnsEndPoint.Host));
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketOf(server)), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private string SocketOf(string server) => Path.Combine(_directory, $"web-{server}");

    /// <summary>
    /// Makes a host name of a server's id, which holds characters that host names must not have, and tells capitals from small letters. It keeps the
    /// connections of workers apart.
    /// </summary>
    private static string Host(ServerId server) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(server.ToString()));

    /// <summary>Passes a request on as it came, with headers for what the worker cannot see of the client.</summary>
    private sealed class Transformer : HttpTransformer
    {
        public static Transformer Instance { get; } = new();

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            foreach (
                var name in httpContext.Request.Headers.Keys.Where(
                    name => name.StartsWith(FrontContract.HeaderPrefix, StringComparison.OrdinalIgnoreCase)).ToArray())
            {
                httpContext.Request.Headers.Remove(name);
            }
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = httpContext.Request.Host.ToUriComponent();
            var client = httpContext.Connection;
            if (client.RemoteIpAddress is { } address)
            {
                proxyRequest.Headers.TryAddWithoutValidation(FrontContract.ClientHeader, new IPEndPoint(address, client.RemotePort).ToString());
            }
        }
    }
}
