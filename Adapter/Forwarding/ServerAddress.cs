using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Forwarding;

/// <summary>Where servers reach each other, as <see cref="ServerDescription.Address"/> says it: <c>unix:</c> and a path, or <c>http://host:port</c>.</summary>
internal static class ServerAddress
{
    private const string UnixPrefix = "unix:";

    /// <summary>The longest path of a socket file is 104 bytes on some systems, its end included.</summary>
    public const int LongestDirectory = 103 - 1 - ServerId.TextLength;

    /// <summary>The address of a socket file.</summary>
    public static string OfSocket(string path) => UnixPrefix + path;

    /// <summary>The address of a host that may have a port; the given one where it has none.</summary>
    public static string Of(string host, int port) =>
        IPAddress.TryParse(host, out var ip) ? $"http://{new IPEndPoint(ip, port)}"
        : host.Contains(':', StringComparison.Ordinal) ? $"http://{host}"
        : $"http://{host}:{port}";

    /// <summary>The end point that an address names; false for what is none.</summary>
    public static bool TryParse(string? address, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        if (address is null)
        {
            return false;
        }
        if (address.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            try
            {
                endPoint = new UnixDomainSocketEndPoint(address[UnixPrefix.Length..]);
            }
            catch (ArgumentException)
            {
                return false;
            }
            return true;
        }
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
        {
            return false;
        }
        endPoint = IPAddress.TryParse(uri.DnsSafeHost, out var ip) ? new IPEndPoint(ip, uri.Port) : new DnsEndPoint(uri.DnsSafeHost, uri.Port);
        return true;
    }
}
