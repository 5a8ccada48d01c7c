using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Admin;

/// <summary>A socket as the admin UI shows it: what stands for the client's identity stays here.</summary>
internal sealed class SocketJson(SocketIOAdminOptions options, JsonSerializerOptions json)
{
    /// <summary>The most that is shown of a socket's data, its handshake, or an event's arguments.</summary>
    public const int Limit = 16 << 10;

    /// <summary>How many rooms of one socket are shown.</summary>
    public const int MostRooms = 200;

    /// <summary>As many characters of a connection's name as the page shows.</summary>
    private const int ClientIdLength = 12;

    /// <summary>Parts of names whose values may be secrets.</summary>
    private static readonly string[] Secret = ["auth", "cookie", "token", "secret", "key", "pass", "session", "signature", "credential", "jwt"];

    /// <summary>What the protocols themselves put into a query.</summary>
    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        "EIO", "transport", "t", "b64", "j", "negotiateVersion", "useStatefulReconnect",
    };

    /// <summary>Writes it. May run code of the application.</summary>
    public void Write(Utf8JsonWriter writer, string @namespace, LocalSocket socket, IEnumerable<string> rooms)
    {
        writer.WriteStartObject();
        writer.WriteString("id", socket.Id.ToString());
        writer.WriteString("clientId", ClientId(socket));
        writer.WriteString("transport", Transport(socket.Kind));
        writer.WriteString("nsp", @namespace);
        writer.WritePropertyName("data");
        writer.WriteRawValue(Data(socket).Span, skipInputValidation: true);
        writer.WritePropertyName("handshake");
        WriteHandshake(writer, socket);
        writer.WriteStartArray("rooms");
        foreach (var room in rooms.Take(MostRooms))
        {
            writer.WriteStringValue(room);
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>What the application keeps with a socket: an object. May run code of the application.</summary>
    public ReadOnlyMemory<byte> Data(LocalSocket socket)
    {
        var data = Show(writer => socket.WriteData(writer, json));
        return data.Span is [(byte)'{', ..] ? data
            : data.Span.SequenceEqual("null"u8) ? "{}"u8.ToArray()
            : JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, JsonElement> { ["data"] = JsonSerializer.Deserialize<JsonElement>(data.Span) });
    }

    /// <summary>The names of transports as the page knows them, also for those of SignalR.</summary>
    public static string Transport(ClientKind kind) => kind.Transport switch
    {
        "WebSockets" => "websocket",
        "LongPolling" => "polling",
        "ServerSentEvents" => "server-sent events",
        var transport => transport,
    };

    /// <summary>Some JSON; where it cannot be shown, a string that says why. May run code of the application.</summary>
    public static ReadOnlyMemory<byte> Show(Action<Utf8JsonWriter> write)
    {
        string wrong;
        try
        {
            var written = JsonBytes.Of(write);
            if (written.Length <= Limit && JsonLimits.WhatIsWrong(written.Span) is null)
            {
                return written;
            }
            wrong = written.Length > Limit ? TooLarge(written.Length) : "no JSON that could be shown";
        }
#pragma warning disable CA1031 // Whatever the application keeps with one socket: the others are shown.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            wrong = exception.GetType().Name;
        }
        return LeftOutBecause(wrong);
    }

    /// <summary>The arguments of an event, or in their place what there is to say of them.</summary>
    public static ReadOnlyMemory<byte> Arguments(string @event, ReadOnlyMemory<byte> arguments)
    {
        var shown = arguments.Length > Limit ? LeftOutBecause(TooLarge(arguments.Length)) : Show(writer => writer.WriteRawValue(arguments.Span));
        using var document = JsonDocument.Parse(shown);
        var known = document.RootElement;
        return JsonBytes.Of(
            writer =>
            {
                writer.WriteStartArray();
                writer.WriteStringValue(@event);
                if (known.ValueKind == JsonValueKind.Array)
                {
                    foreach (var argument in known.EnumerateArray())
                    {
                        argument.WriteTo(writer);
                    }
                }
                else
                {
                    known.WriteTo(writer);
                }
                writer.WriteEndArray();
            },
            size: shown.Length + @event.Length + 8);
    }

    /// <summary>Sockets of one connection have it in common. The connection's own id would let whoever sees it speak for the client.</summary>
    private static string ClientId(LocalSocket socket) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(socket.ConnectionKey)))[..ClientIdLength];

    private void WriteHandshake(Utf8JsonWriter writer, LocalSocket socket)
    {
        using var document = JsonDocument.Parse(Show(inner => socket.WriteHandshake(inner, secrets: false)));
        var known = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement : default;
        var url = Of(known, "url").ValueKind == JsonValueKind.String ? Of(known, "url").GetString()! : "";
        var question = url.IndexOf('?', StringComparison.Ordinal);
        writer.WriteStartObject();
        foreach (var name in new[] { "address", "issued", "secure", "time", "xdomain" })
        {
            if (Of(known, name) is { ValueKind: not JsonValueKind.Undefined } value)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
        }
        if (Of(known, "issued").ValueKind != JsonValueKind.Number)
        {
            writer.WriteNumber("issued", 0); // the page makes a date of it
        }
        writer.WriteString("url", question < 0 ? url : url[..question]);
        writer.WriteStartObject("headers");
        foreach (var header in Members(Of(known, "headers")).Where(header => !IsSecret(header.Name)))
        {
            header.WriteTo(writer);
        }
        writer.WriteEndObject();
        writer.WriteStartObject("query");
        var query = question < 0
            ? Members(Of(known, "query")).Select(member => (member.Name, Value: member.Value.ToString()))
            : QueryHelpers.ParseQuery(url[question..]).Select(member => (Name: member.Key, Value: member.Value.ToString()));
        foreach (var (name, value) in query)
        {
            writer.WriteString(name, Harmless.Contains(name) || options.ShownQueryParameters.Contains(name) ? value : "(not shown)");
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string TooLarge(int bytes) => $"{bytes} bytes, more than {Limit}";

    private static byte[] LeftOutBecause(string why) => JsonSerializer.SerializeToUtf8Bytes($"(left out: {why})");

    private static bool IsSecret(string name) => Array.Exists(Secret, part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static JsonElement Of(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static JsonProperty[] Members(JsonElement element) => element.ValueKind == JsonValueKind.Object ? [.. element.EnumerateObject()] : [];
}
