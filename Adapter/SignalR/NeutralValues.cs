using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A packet's arguments as plain values, for protocols that are not JSON: text, <see cref="long"/> or <see cref="double"/>, <see cref="bool"/>, null,
/// arrays, dictionaries, and attachments as byte arrays where the arguments have <c>{"_placeholder":true,"num":i}</c>.
/// </summary>
internal static class NeutralValues
{
    /// <exception cref="JsonException">The arguments are not a JSON array.</exception>
    public static object?[] Read(Packet packet)
    {
        using var document = JsonDocument.Parse(packet.Arguments);
        return document.RootElement.ValueKind == JsonValueKind.Array
            ? ReadArray(document.RootElement, packet.Attachments)
            : throw new JsonException("The arguments are not an array.");
    }

    private static object?[] ReadArray(JsonElement array, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var values = new object?[array.GetArrayLength()];
        var i = 0;
        foreach (var item in array.EnumerateArray())
        {
            values[i++] = Read(item, attachments);
        }
        return values;
    }

    private static object? Read(JsonElement value, IReadOnlyList<ReadOnlyMemory<byte>> attachments) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? (object)whole : value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => ReadArray(value, attachments),
        JsonValueKind.Object => (object?)Attachment(value, attachments) ?? ReadObject(value, attachments),
        _ => null,
    };

    private static Dictionary<string, object?> ReadObject(JsonElement value, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        Dictionary<string, object?> members = [];
        foreach (var member in value.EnumerateObject())
        {
            members[member.Name] = Read(member.Value, attachments);
        }
        return members;
    }

    /// <summary>The bytes that a placeholder stands for. Without attachments nothing is a placeholder: it is the application's own object.</summary>
    private static byte[]? Attachment(JsonElement value, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        attachments.Count > 0
        && value.TryGetProperty("_placeholder", out var mark) && mark.ValueKind == JsonValueKind.True
        && value.TryGetProperty("num", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var i)
        && (uint)i < (uint)attachments.Count
            ? attachments[i].ToArray()
            : null;
}
