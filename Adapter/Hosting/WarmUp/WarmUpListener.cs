using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Hosting;

/// <summary>Gives Kestrel connections that this process makes to itself, served as those are that the primary hands over.</summary>
internal sealed class WarmUpListener(SocketTransportOptions transport, ILogger logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Channel<Socket> _incoming = Channel.CreateUnbounded<Socket>();

    public bool CanBind(EndPoint endpoint) => endpoint is FrontEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(_incoming, endpoint, ClientConnection.FactoryOf(transport, logger)));

    /// <summary>Makes a connection; returns its client's end.</summary>
    /// <exception cref="SocketException">That cannot be.</exception>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken).ConfigureAwait(false);
            while (true)
            {
                var accepted = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
                accepted.NoDelay = true;
                if (Equals(accepted.RemoteEndPoint, client.LocalEndPoint) && _incoming.Writer.TryWrite(accepted))
                {
                    return client;
                }
                accepted.Dispose(); // somebody else was first
            }
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private sealed class Listener(Channel<Socket> incoming, EndPoint endPoint, SocketConnectionContextFactory connections) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await incoming.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (incoming.Reader.TryRead(out var socket) && ClientConnection.Of(connections, socket) is { } connection)
                {
                    return connection;
                }
            }
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            incoming.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            connections.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
