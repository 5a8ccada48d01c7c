using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>
/// What a hub's client shows, in its query or in headers, to come back to its session: the token, which is a secret, and up to where it has received
/// everything.
/// </summary>
internal static class ResumeRequest
{
    /// <summary>The token, in the query.</summary>
    public const string Token = "resumeToken";

    /// <summary>The token, for clients that can set a header.</summary>
    public const string TokenHeader = "X-Resume-Token";

    /// <summary>
    /// The place of the last invocation that the client received; empty before the first. A client that shows it, with a token or without, is told the place
    /// of each.
    /// </summary>
    public const string Offset = "resumeOffset";

    /// <summary>The same as a header.</summary>
    public const string OffsetHeader = "X-Resume-Offset";

    /// <summary>Whether a client wants to be told the places of invocations.</summary>
    public static bool WantsOffsets([NotNullWhen(true)] HttpRequest? request) =>
        request is not null && (request.Query.ContainsKey(Offset) || request.Headers.ContainsKey(OffsetHeader));

    /// <summary>What a connection's first request shows; null where that is nothing, or nothing that a server gives out.</summary>
    /// <param name="request">The request; null where the connection did not come by HTTP.</param>
    /// <param name="takesOffset">Whether the place counts; else it is not looked at.</param>
    /// <param name="isMalformed">Whether it shows something that no server gives out.</param>
    public static (string Token, OrderOffset? Offset)? Read(HttpRequest? request, bool takesOffset, out bool isMalformed)
    {
        isMalformed = false;
        if (request is null || Text(request, Token, TokenHeader) is not { Length: > 0 } token)
        {
            return null;
        }
        OrderOffset? offset = null;
        isMalformed = token.Length != SessionSecret.Length;
        if (takesOffset && WantsOffsets(request))
        {
            OrderOffset place = default;
            isMalformed |= Text(request, Offset, OffsetHeader) is { Length: > 0 } text && !OffsetText.TryRead(text, out place);
            offset = place;
        }
        return isMalformed ? null : (token, offset);
    }

    /// <summary>What the home knows of a token. A Socket.IO client's secret is never one, though its namespace may be the hub's.</summary>
    public static SecretHash HashOf(string token) => SecretHash.Of("hub " + token);

    private static string Text(HttpRequest request, string parameter, string header) =>
        request.Query[parameter].ToString() is { Length: > 0 } text ? text : request.Headers[header].ToString();
}
