using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansAdapter.Namespaces;

/// <summary>The secret that a client proves its session with: 128 random bits, as text that needs no escaping. Only its hash leaves this server.</summary>
internal static class SessionSecret
{
    /// <summary>How many characters it has.</summary>
    public const int Length = 22;

    private const int Bytes = 16;

    /// <summary>Draws one.</summary>
    public static string New()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
