using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace OrleansAdapter.SignalR;

/// <summary>
/// How a SignalR client connected, for those who fetch its socket. Only references are kept, to what the server holds for the connection's request anyway;
/// the request itself may be another one's by the time that somebody asks.
/// </summary>
internal sealed class HubHandshake
{
    /// <summary>What lets its holder speak for the client, or come back as it: the connection token and the resume token. They never travel.</summary>
    private static readonly HashSet<string> Tokens = new(StringComparer.OrdinalIgnoreCase) { "id", ResumeRequest.Token };

    /// <summary>What only tells of the transport, and the header of the resume token.</summary>
    private static readonly HashSet<string> Left = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Upgrade", "Content-Length", "Content-Type", "Transfer-Encoding", "Accept", "Accept-Encoding", "Cache-Control", "Pragma", "Keep-Alive",
            "TE",
        "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-WebSocket-Accept",
        ResumeRequest.TokenHeader,
    };

    /// <summary>What stands for the client's identity.</summary>
    private static readonly HashSet<string> Secrets = new(
        StringComparer.OrdinalIgnoreCase) { "Cookie", "Authorization", "Proxy-Authorization", "access_token" };

    private readonly KeyValuePair<string, StringValues>[] _headers = [];
    private readonly DateTimeOffset _issued;
    private readonly IPAddress? _address;
    private readonly string _path = "";
    private readonly string _query = "";
    private readonly bool _isSecure;

    /// <summary>Takes what there is of the request while it is the connection's own; null where the connection did not come by HTTP.</summary>
    public HubHandshake(HttpContext? context, DateTimeOffset now)
    {
        _issued = now;
        if (context is null)
        {
            return;
        }
        var request = context.Request;
        _address = context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;
        _path = request.Path.Value ?? "";
        _query = request.QueryString.Value ?? "";
        _isSecure = request.IsHttps;
        _headers = [.. request.Headers.Where(header => !Left.Contains(header.Key))];
    }

    /// <param name="writer">Where to.</param>
    /// <param name="secrets">Whether cookies, authorization headers and the access token belong to it.</param>
    public void WriteTo(Utf8JsonWriter writer, bool secrets)
    {
        writer.WriteStartObject();
        writer.WriteString("time", _issued);
        writer.WriteNumber("issued", _issued.ToUnixTimeMilliseconds());
        writer.WriteString("address", _address?.ToString());
        writer.WriteBoolean("xdomain", _headers.Any(header => header.Key.Equals("Origin", StringComparison.OrdinalIgnoreCase)));
        writer.WriteBoolean("secure", _isSecure);
        writer.WriteString("url", _path);
        Write(writer, "query", QueryHelpers.ParseQuery(_query).Where(pair => !Tokens.Contains(pair.Key)), secrets);
        Write(writer, "headers", _headers.Select(header => KeyValuePair.Create(header.Key.ToLowerInvariant(), header.Value)), secrets);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, StringValues>> pairs, bool secrets)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in pairs)
        {
            if (secrets || !Secrets.Contains(key))
            {
                writer.WriteString(key, value.ToString());
            }
        }
        writer.WriteEndObject();
    }
}
