using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Primary;

/// <summary>A connection of Kestrel's sockets that is written to by <see cref="SocketOutput"/>, and ends when what was written has been sent.</summary>
internal sealed class ClientConnection : ConnectionContext
{
    /// <summary>How long a client may take for what is still to be sent when the connection has been served.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly ConnectionContext _connection;
    private readonly SocketOutput _output;

    public ClientConnection(ConnectionContext connection, Socket socket)
    {
        _connection = connection;
        _output = new SocketOutput(socket, connection.Transport.Output);
        connection.Transport = new Pipes(connection.Transport.Input, _output);
    }

    /// <summary>What makes connections of Kestrel's out of sockets, with the options of Kestrel's own.</summary>
    public static SocketConnectionContextFactory FactoryOf(SocketTransportOptions options, ILogger logger) => new(
        new SocketConnectionFactoryOptions
        {
            IOQueueCount = options.IOQueueCount,
            MaxReadBufferSize = options.MaxReadBufferSize,
            MaxWriteBufferSize = options.MaxWriteBufferSize,
            UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
            WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
        },
        logger);

    /// <summary>Makes one of a socket, now its own; null where that has ended already, and so has no addresses any more.</summary>
    public static ClientConnection? Of(SocketConnectionContextFactory factory, Socket socket)
    {
        try
        {
            return new ClientConnection(factory.Create(socket), socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    public override string ConnectionId
    {
        get => _connection.ConnectionId;
        set => _connection.ConnectionId = value;
    }

    public override IFeatureCollection Features => _connection.Features;

    public override IDictionary<object, object?> Items
    {
        get => _connection.Items;
        set => _connection.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _connection.Transport;
        set => _connection.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _connection.ConnectionClosed;
        set => _connection.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _connection.LocalEndPoint;
        set => _connection.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _connection.RemoteEndPoint;
        set => _connection.RemoteEndPoint = value;
    }

    public override void Abort(ConnectionAbortedException abortReason) => _connection.Abort(abortReason);

    public override void Abort() => _connection.Abort();

    public override async ValueTask DisposeAsync()
    {
        // The transport knows only of what is in its own pipe, and nothing is: it would close the socket under a send.
        var sending = _output.Sending;
        if (!sending.IsCompleted)
        {
            await sending.WaitAsync(EndLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _connection.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class Pipes(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
