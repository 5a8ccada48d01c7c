using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// A request that another server passed on. Being this feature of a request is what marks it, and only the endpoint for servers sets it: a client can send
/// what headers it likes. The headers tell what the other server saw of the client.
/// </summary>
internal sealed class InternalRequest
{
    /// <summary>How the names of all headers begin that servers tell each other. Those that come from clients are left behind.</summary>
    public const string HeaderPrefix = "OrleansAdapter-";

    /// <summary>The cluster's secret.</summary>
    public const string SecretHeader = HeaderPrefix + "Secret";

    /// <summary>The client's IP address and port.</summary>
    public const string RemoteHeader = HeaderPrefix + "Remote";

    /// <summary>The scheme by which the client came.</summary>
    public const string SchemeHeader = HeaderPrefix + "Scheme";

    /// <summary>In an answer: the request was not let in.</summary>
    public const string RefusedHeader = HeaderPrefix + "Refused";

    private InternalRequest()
    {
    }

    private static InternalRequest Instance { get; } = new();

    /// <summary>Whether a request came from another server.</summary>
    public static bool Is(HttpContext context) => context.Features.Get<InternalRequest>() is not null;

    /// <summary>Lets in a request that has the secret: from here on it looks as it did to the server that it came to. False for one that has not.</summary>
    public static bool TryAccept(HttpContext context, ReadOnlySpan<byte> secret)
    {
        var headers = context.Request.Headers;
        if (!Matches(headers[SecretHeader].ToString(), secret))
        {
            return false;
        }
        if (IPEndPoint.TryParse(headers[RemoteHeader].ToString(), out var remote))
        {
            (context.Connection.RemoteIpAddress, context.Connection.RemotePort) = (remote.Address, remote.Port);
        }
        if (headers[SchemeHeader].ToString() is { Length: > 0 } scheme)
        {
            context.Request.Scheme = scheme;
        }
        headers.Remove(SecretHeader);
        headers.Remove(RemoteHeader);
        headers.Remove(SchemeHeader);
        context.Features.Set(Instance);
        return true;
    }

    /// <summary>Compares in a time that does not tell how much of it is right.</summary>
    private static bool Matches(string given, ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(given), hash);
        SHA256.HashData(secret, expected);
        return CryptographicOperations.FixedTimeEquals(hash, expected);
    }
}
