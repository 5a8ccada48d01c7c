using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OrleansAdapter.Admin;

/// <summary>
/// The proofs of logins, good on all servers without a store: when each ends, signed with what all servers know of the password. Who changes the password
/// ends them all.
/// </summary>
internal sealed class AdminSessions
{
    private const int TimeLength = sizeof(long);
    private const int NonceLength = 8;
    private const int SignatureLength = 32;

    private readonly byte[] _key;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;

    public AdminSessions(string username, string passwordHash, TimeSpan lifetime, TimeProvider time)
    {
        _key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(passwordHash), Encoding.UTF8.GetBytes("OrleansAdapter admin session of " + username));
        (_lifetime, _time) = (lifetime, time);
    }

    /// <summary>A new proof.</summary>
    public string New()
    {
        var bytes = new byte[TimeLength + NonceLength + SignatureLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (_time.GetUtcNow() + _lifetime).ToUnixTimeMilliseconds());
        RandomNumberGenerator.Fill(bytes.AsSpan(TimeLength, NonceLength));
        HMACSHA256.HashData(_key, bytes.AsSpan(0, TimeLength + NonceLength), bytes.AsSpan(TimeLength + NonceLength));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Whether it is one that a server gave out and that has not ended.</summary>
    public bool IsGood(string session)
    {
        Span<byte> bytes = stackalloc byte[TimeLength + NonceLength + SignatureLength];
        if (session.Length != Base64Url.GetEncodedLength(bytes.Length) || !Base64Url.IsValid(session)
            || !Base64Url.TryDecodeFromChars(session, bytes, out var length) || length != bytes.Length)
        {
            return false;
        }
        Span<byte> signature = stackalloc byte[SignatureLength];
        HMACSHA256.HashData(_key, bytes[..^SignatureLength], signature);
        return CryptographicOperations.FixedTimeEquals(signature, bytes[^SignatureLength..])
            && BinaryPrimitives.ReadInt64BigEndian(bytes) > _time.GetUtcNow().ToUnixTimeMilliseconds();
    }
}
