using System.Text.Json;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO;

/// <summary>The secret that a client proves its session with (<c>pid</c>), as it sends it.</summary>
internal static class RecoverySecret
{
    /// <summary>
    /// Takes the secret and the offset out of what a client sent to be let in: they are nobody else's to see. Null where it asks for no session, or in a
    /// form that no server gave out, which <paramref name="isMalformed"/> then tells apart.
    /// </summary>
    public static (string Secret, OrderOffset Offset)? Take(ref JsonElement auth, out bool isMalformed)
    {
        isMalformed = false;
        if (auth.ValueKind != JsonValueKind.Object || !auth.TryGetProperty("pid", out var pid))
        {
            return null;
        }
        var hasOffset = auth.TryGetProperty("offset", out var text);
        auth = Without(auth);
        OrderOffset offset = default;
        if (pid.ValueKind == JsonValueKind.String && pid.GetString() is { Length: SessionSecret.Length } secret
            && (!hasOffset || (text.ValueKind == JsonValueKind.String && OffsetText.TryRead(text.GetString(), out offset))))
        {
            return (secret, offset);
        }
        isMalformed = true;
        return null;
    }

    private static JsonElement Without(JsonElement auth)
    {
        var rest = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in auth.EnumerateObject())
        {
            if (property.Name is not ("pid" or "offset"))
            {
                rest[property.Name] = property.Value;
            }
        }
        return JsonSerializer.SerializeToElement(rest);
    }
}
