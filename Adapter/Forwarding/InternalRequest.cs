using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// A request that another server passed on. Being this feature of a request is what marks it, and only the endpoint for servers sets it, behind the proof
/// that a connection is a server's: a client can send what headers it likes. The headers tell what the other server saw of the client.
/// </summary>
internal sealed class InternalRequest
{
    /// <summary>How the names of all headers begin that servers tell each other. Those that come from clients are left behind.</summary>
    public const string HeaderPrefix = "OrleansAdapter-";

    /// <summary>The client's IP address and port.</summary>
    public const string RemoteHeader = HeaderPrefix + "Remote";

    /// <summary>The scheme by which the client came.</summary>
    public const string SchemeHeader = HeaderPrefix + "Scheme";

    private InternalRequest()
    {
    }

    private static InternalRequest Instance { get; } = new();

    /// <summary>Whether a request came from another server.</summary>
    public static bool Is(HttpContext context) => context.Features.Get<InternalRequest>() is not null;

    /// <summary>Marks a request that came from another server: from here on it looks as it did to the server that it came to.</summary>
    public static void Accept(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (IPEndPoint.TryParse(headers[RemoteHeader].ToString(), out var remote))
        {
            (context.Connection.RemoteIpAddress, context.Connection.RemotePort) = (remote.Address, remote.Port);
        }
        if (headers[SchemeHeader].ToString() is { Length: > 0 } scheme)
        {
            context.Request.Scheme = scheme;
        }
        headers.Remove(RemoteHeader);
        headers.Remove(SchemeHeader);
        context.Features.Set(Instance);
    }
}
