using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansAdapter.Security;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// Makes connections to servers by their ids: the host of a request's address is the process, which <see cref="ServerAddresses"/> knows a way to. Nothing of
/// a request is sent before the process has proved that it is that server and has the cluster's secret.
/// </summary>
internal sealed class ServerConnector(ServerAddresses addresses, ProofGate gate, TimeSpan connectTimeout)
{
    private const string Domain = ".server";
    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(10);

    /// <summary>What a connection to a server is for, as both ends prove it.</summary>
    public static string PurposeOf(ServerId process) => $"requests to server {process.Process}";

    /// <summary>The start of the addresses of requests to a process.</summary>
    public static string PrefixOf(ServerId process) => string.Create(CultureInfo.InvariantCulture, $"http://{process.Bits:x12}{Domain}");

    /// <summary>What sends requests: nothing is followed, kept or decoded on the way.</summary>
    public HttpMessageInvoker NewInvoker() => new(new SocketsHttpHandler
    {
        ConnectCallback = ConnectAsync,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60), // less than the other side's, which must not close one that is just used
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = false,
    });

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host.AsSpan();
        var process = ServerId.FromBits(ulong.Parse(host[..^Domain.Length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        if (!addresses.TryFind(process, out var address))
        {
            throw new IOException($"Server {process} is not known.");
        }
        while (true)
        {
            var socket = address is UnixDomainSocketEndPoint
                ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
                var stream = new NetworkStream(socket, ownsSocket: true);
                await gate.ConnectAsync(PurposeOf(process), stream, stream, cancellationToken).ConfigureAwait(false);
                return stream;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                // More connections at once than a socket file takes; the time-out ends this.
                socket.Dispose();
                await Task.Delay(FullPause, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
