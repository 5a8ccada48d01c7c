using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Forwarding;

/// <summary>Where servers reach each other, as <see cref="ServerDescription.Address"/> says it: <c>unix:</c> and a path, or <c>http://host:port</c>.</summary>
internal static class ServerAddress
{
    private const string UnixPrefix = "unix:";
    private const string HttpPrefix = "http://";

    /// <summary>The longest path of a socket file is 104 bytes on some systems, its end included.</summary>
    public const int LongestDirectory = 103 - 1 - ServerId.TextLength;

    /// <summary>The address of a socket file.</summary>
    public static string OfSocket(string path) => UnixPrefix + path;

    /// <summary>The address of a host that may have a port; the given one where it has none.</summary>
    public static string Of(string host, int port) =>
        IPAddress.TryParse(host, out var ip) ? $"{HttpPrefix}{new IPEndPoint(ip, port)}"
        : host.Contains(':', StringComparison.Ordinal) ? $"{HttpPrefix}{host}"
        : $"{HttpPrefix}{host}:{port}";

    /// <summary>
    /// The end point of a server of this one's cluster; false where its address is not as this server would write it. Servers with socket files reach those
    /// in their own folder, named for the server, and nothing else on the machine; those that listen on a network reach hosts and ports there.
    /// </summary>
    public static bool TryFind(ServerDescription server, ForwardingOptions own, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        if (server.Address is not { } address)
        {
            return false;
        }
        if (own.Listen is not null)
        {
            return TryParse(address, out endPoint);
        }
        if (own.SocketDirectory is not { } directory || address != OfSocket(PathOf(directory, server.Process)))
        {
            return false;
        }
        endPoint = new UnixDomainSocketEndPoint(PathOf(directory, server.Process));
        return true;
    }

    /// <summary>The path of a server's socket file.</summary>
    public static string PathOf(string directory, ServerId process) => Path.Combine(Path.GetFullPath(directory), process.Process.ToString());

    /// <summary>The end point that <c>http://host:port</c> names; false for all that is written otherwise.</summary>
    public static bool TryParse(string address, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        if (!address.StartsWith(HttpPrefix, StringComparison.Ordinal))
        {
            return false;
        }
        var where = address.AsSpan(HttpPrefix.Length);
        var colon = where.LastIndexOf(':');
        if (colon < 0
            || !ushort.TryParse(where[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0)
        {
            return false;
        }
        var host = where[..colon].ToString();
        if (IPEndPoint.TryParse(where, out var ip))
        {
            endPoint = ip;
        }
        else if (Uri.CheckHostName(host) == UriHostNameType.Dns)
        {
            endPoint = new DnsEndPoint(host, port);
        }
        return endPoint is not null;
    }
}
