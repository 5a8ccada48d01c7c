using System.Net;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// How a client connected. Of the request only this is kept; which headers, and what else, the options say. As JSON, in what is emitted or kept as data, it is
/// as other servers see it: without the auth payload, cookies and authorization.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed class Handshake
{
    private readonly ConnectionHandshake _connection;

    internal Handshake(ConnectionHandshake connection, JsonElement auth)
    {
        _connection = connection;
        Auth = auth;
    }

    /// <summary>What the client sent to be let into the namespace: an object, empty where it sent nothing.</summary>
    public JsonElement Auth { get; }

    /// <summary>The headers that were asked for (<see cref="SocketIOOptions.HandshakeHeaders"/>).</summary>
    public IReadOnlyDictionary<string, string> Headers => _connection.Headers;

    /// <summary>When the connection was made.</summary>
    public DateTimeOffset Issued => _connection.Issued;

    /// <summary>The client's address; null where the server does not know it.</summary>
    public IPAddress? Address => _connection.Address;

    /// <summary>Whether it came from a page of some origin.</summary>
    public bool IsCrossDomain => _connection.IsCrossDomain;

    /// <summary>Whether it came over TLS.</summary>
    public bool IsSecure => _connection.IsSecure;

    /// <summary>The request's path and query.</summary>
    public string Url => _connection.Url;

    /// <summary>The request's query.</summary>
    public IReadOnlyDictionary<string, StringValues> Query => QueryHelpers.ParseQuery(Url[Math.Max(0, Url.IndexOf('?', StringComparison.Ordinal))..]);

    /// <summary>The user that ASP.NET Core's authentication found.</summary>
    public ClaimsPrincipal User => _connection.User;

    /// <summary>What <see cref="SocketIOOptions.CaptureHandshake"/> took.</summary>
    public IReadOnlyDictionary<string, object?> Items => _connection.Items;

    /// <summary>Whether the request named this machine, and no other host that leads here.</summary>
    internal bool NamesThisMachine => _connection.NamesThisMachine;

    internal void WriteTo(Utf8JsonWriter writer, bool secrets)
    {
        writer.WriteStartObject();
        writer.WriteString("time", Issued);
        writer.WriteNumber("issued", Issued.ToUnixTimeMilliseconds());
        writer.WriteString("address", Address?.ToString());
        writer.WriteBoolean("xdomain", IsCrossDomain);
        writer.WriteBoolean("secure", IsSecure);
        writer.WriteString("url", Url);
        writer.WriteStartObject("headers");
        foreach (var (name, value) in Headers)
        {
            if (secrets || !IsSecret(name))
            {
                writer.WriteString(name, value);
            }
        }
        writer.WriteEndObject();
        if (secrets)
        {
            writer.WritePropertyName("auth");
            Auth.WriteTo(writer);
        }
        writer.WriteEndObject();
    }

    private static bool IsSecret(string header) =>
        header.Equals("cookie", StringComparison.OrdinalIgnoreCase) || header.Equals("authorization", StringComparison.OrdinalIgnoreCase);

    private sealed class Converter : JsonConverter<Handshake>
    {
        public override Handshake Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A handshake comes from a connection only: read its JSON as what you need of it.");

        public override void Write(Utf8JsonWriter writer, Handshake value, JsonSerializerOptions options) => value.WriteTo(writer, secrets: false);
    }
}

/// <summary>The part that all namespaces of a connection share.</summary>
internal sealed class ConnectionHandshake
{
    private static readonly Dictionary<string, string> NoHeaders = [];
    private static readonly Dictionary<string, object?> NoItems = [];
    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());

    public ConnectionHandshake(HttpContext context, SocketIOOptions options, IServiceProvider services, DateTimeOffset now)
    {
        Context = new HandshakeContext(context, services);
        Issued = now;
        // Features rather than the context's own properties, whose objects would live as long as a WebSocket.
        Address = context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;
        IsCrossDomain = context.Request.Headers.Origin.Count > 0;
        IsSecure = context.Request.IsHttps;
        NamesThisMachine = LocalHost.Is(context.Request.Host);
        Url = context.Request.GetEncodedPathAndQuery();
        User = context.Features.Get<IHttpAuthenticationFeature>()?.User is { } user && user.Identities.Any(identity => identity.IsAuthenticated)
            ? user
            : Nobody;
        foreach (var name in options.HandshakeHeaders)
        {
            if (context.Request.Headers.TryGetValue(name, out var value))
            {
                (Headers == NoHeaders ? Headers = new(StringComparer.OrdinalIgnoreCase) : Headers)[name] = value.ToString();
            }
        }
        if (options.CaptureHandshake is { } capture)
        {
            Items = [];
            capture(context, Items);
        }
    }

    /// <summary>Null once nobody may ask for it any more.</summary>
    public HandshakeContext? Context { get; set; }

    public DateTimeOffset Issued { get; }

    public IPAddress? Address { get; }

    public bool IsCrossDomain { get; }

    public bool IsSecure { get; }

    public bool NamesThisMachine { get; }

    public string Url { get; }

    public ClaimsPrincipal User { get; }

    public Dictionary<string, string> Headers { get; } = NoHeaders;

    public Dictionary<string, object?> Items { get; } = NoItems;
}
