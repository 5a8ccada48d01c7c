using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.SocketIO;

/// <summary>Tells requests that name this machine from those that come here by another name.</summary>
internal static class LocalHost
{
    /// <summary>
    /// Whether a request's Host is <c>localhost</c> or a loopback address. A browser on this machine that opens a stranger's site whose name leads to 127.0.0.1
    /// sends that name (DNS rebinding).
    /// </summary>
    public static bool Is(HostString host) =>
        host.Host is { Length: > 0 } name
        && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address)));
}
