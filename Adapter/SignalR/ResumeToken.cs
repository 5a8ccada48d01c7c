using Microsoft.AspNetCore.Http;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SignalR;

/// <summary>The token that a hub's client comes back to its session with: a secret, which a new connection shows in its query or in a header.</summary>
internal static class ResumeToken
{
    /// <summary>The query's key.</summary>
    public const string Parameter = "resumeToken";

    /// <summary>The header, for clients that can set one.</summary>
    public const string Header = "X-Resume-Token";

    /// <summary>What a connection's first request shows; null where that is nothing, or nothing that a server gives out.</summary>
    /// <param name="request">The request; null where the connection did not come by HTTP.</param>
    /// <param name="isMalformed">Whether it shows something that no server gives out.</param>
    public static string? Read(HttpRequest? request, out bool isMalformed)
    {
        isMalformed = false;
        var text = request?.Query[Parameter].ToString();
        if (string.IsNullOrEmpty(text))
        {
            text = request?.Headers[Header].ToString();
        }
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        isMalformed = text.Length != SessionSecret.Length;
        return isMalformed ? null : text;
    }

    /// <summary>What the home knows of a token. A Socket.IO client's secret is never one, though its namespace may be the hub's.</summary>
    public static SecretHash HashOf(string token) => SecretHash.Of("hub " + token);
}
