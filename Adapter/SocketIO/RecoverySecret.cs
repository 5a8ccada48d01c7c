using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO;

/// <summary>The secret that a client proves its session with (<c>pid</c>): 128 random bits. Only its hash leaves this server.</summary>
internal static class RecoverySecret
{
    private const int Bytes = 16;
    private const int Length = 22;

    public static string New()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    public static SecretHash HashOf(string secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), hash);
        return new SecretHash(BinaryPrimitives.ReadInt64BigEndian(hash), BinaryPrimitives.ReadInt64BigEndian(hash[8..]));
    }

    /// <summary>
    /// Takes the secret and the offset out of what a client sent to be let in: they are nobody else's to see. Null where it asks for no session, or in a
    /// form that no server gave out.
    /// </summary>
    public static (string Secret, OrderOffset Offset)? Take(ref JsonElement auth)
    {
        if (auth.ValueKind != JsonValueKind.Object || !auth.TryGetProperty("pid", out var pid))
        {
            return null;
        }
        var hasOffset = auth.TryGetProperty("offset", out var text);
        auth = Without(auth);
        if (pid.ValueKind != JsonValueKind.String || pid.GetString() is not { Length: Length } secret)
        {
            return null;
        }
        if (!hasOffset)
        {
            return (secret, default);
        }
        return text.ValueKind == JsonValueKind.String && OffsetText.TryRead(text.GetString(), out var offset) ? (secret, offset) : null;
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
