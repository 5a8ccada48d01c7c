using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Primary;

/// <summary>
/// Gives Kestrel the connections that the primary hands over, at endpoints of type <see cref="FrontEndPoint"/>; Kestrel's own sockets keep all others.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FrontListenerFactory(
    FrontOptions options,
    IOptions<KestrelServerOptions> kestrel,
    IOptions<SocketTransportOptions> transport,
    IServiceProvider services,
    ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<FrontListenerFactory>().Bounded(TimeProvider.System);
    private FrontLink? _link;

    public bool CanBind(EndPoint endpoint) => endpoint is FrontEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        // Kestrel binds one endpoint after the other; what comes for the second in between waits in the link.
        if (_link is null)
        {
            _link = FrontLink.Connect(options, Capacity(kestrel.Value.Limits), _logger);
            services.GetService<ThisServer>()?.Draining.OnBegin(_link.SayDraining);
        }
        return ValueTask.FromResult<IConnectionListener>(
            new FrontListener(_link, (FrontEndPoint)endpoint, ClientConnection.FactoryOf(transport.Value, _logger)));
    }

    public void Dispose() => _link?.Dispose();

    /// <summary>How many connections fit: as many as Kestrel may have, and the system lets this process have, with some left for other uses.</summary>
    private static int Capacity(KestrelServerLimits limits)
    {
        var most = Math.Min(limits.MaxConcurrentConnections ?? int.MaxValue, int.MaxValue);
        const string name = "Max open files";
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return (int)Math.Max(1, long.TryParse(soft, out var files) ? Math.Min(most, files - (files / 8)) : most);
    }

    private sealed class FrontListener(FrontLink link, FrontEndPoint endPoint, SocketConnectionContextFactory connections) : IConnectionListener
    {
        private readonly ChannelReader<Socket> _incoming = link.Connections(endPoint.Secure);

        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                var any = _incoming.WaitToReadAsync(cancellationToken);
                if (any.IsCompleted)
                {
                    // Kestrel asks for the next as soon as the last is queued in the thread pool. When thousands come back at once, they would fill its
                    // queue, and the messages of those who are connected would wait behind all of them. So each waits for its turn in that queue.
                    await Task.Yield();
                }
                if (!await any.ConfigureAwait(false))
                {
                    return null;
                }
                if (_incoming.TryRead(out var socket) && Create(socket) is { } connection)
                {
                    return connection;
                }
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) =>
            await link.LeaveAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        public ValueTask DisposeAsync()
        {
            connections.Dispose();
            return ValueTask.CompletedTask;
        }

        private ClientConnection? Create(Socket socket)
        {
            var connection = ClientConnection.Of(connections, socket);
            if (connection is null)
            {
                link.Ended();
            }
            else
            {
                connection.ConnectionClosed.UnsafeRegister(static link => ((FrontLink)link!).Ended(), link);
            }
            return connection;
        }
    }
}
