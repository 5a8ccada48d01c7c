using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrleansAdapter.Security;

/// <summary>
/// The first bytes of a connection: each end proves to the other that it has the cluster's secret, without showing it. Each draws a nonce, and answers
/// with an HMAC-SHA256, keyed with the secret, over both nonces, its own role, and what the connection is for. So nothing that was overheard can be said
/// again, no end can be made to answer for the other, and nothing can be passed on to a third that the connection was not meant for.
/// <code>
/// connecting end                      accepting end
/// 8 bytes of greeting, nonce     →
///                                ←    8 bytes of greeting, nonce
/// HMAC                           →
///                                ←    1, HMAC   or   0: refused
/// </code>
/// The connecting end speaks first, and proves itself first: who has no secret hears nothing but a nonce. Afterwards the connection is neither encrypted
/// nor sealed; on a network that takes TLS.
/// </summary>
internal static class MutualProof
{
    private const int GreetingLength = 8;
    private const int NonceLength = 32;
    private const byte Accepted = 1;
    private const byte Refused = 0;

    private static readonly byte[] ConnectingEnd = "OrleansAdapter, connecting end"u8.ToArray();
    private static readonly byte[] AcceptingEnd = "OrleansAdapter, accepting end"u8.ToArray();

    // As the length of what an Orleans process says first, it is far too long, so such a one hangs up at once.
    private static ReadOnlySpan<byte> Greeting => "OAPROOF1"u8;

    /// <summary>Does it as the end that has made the connection.</summary>
    /// <param name="secret">The cluster's secret.</param>
    /// <param name="purpose">What the connection is for, and with whom: the same text at both ends.</param>
    /// <param name="input">What comes; not a byte is read beyond the proof.</param>
    /// <param name="output">What goes; a write is sent at once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ProofException">It was not proved.</exception>
    public static async Task ConnectAsync(ClusterSecret secret, string purpose, Stream input, Stream output, CancellationToken cancellationToken)
    {
        var hello = NewHello();
        await WriteAsync(output, hello, cancellationToken).ConfigureAwait(false);
        var answer = await ReadHelloAsync(input, cancellationToken).ConfigureAwait(false);
        await WriteAsync(output, Prove(secret, ConnectingEnd, purpose, hello, answer), cancellationToken).ConfigureAwait(false);
        var verdict = await ReadAsync(input, 1, cancellationToken).ConfigureAwait(false);
        if (verdict[0] != Accepted)
        {
            throw new ProofException(verdict[0] == Refused ? ProofFailure.Refused : ProofFailure.NotOffered);
        }
        await CheckAsync(secret, AcceptingEnd, purpose, hello, answer, input, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does it as the end that the connection was made to.</summary>
    /// <exception cref="ProofException">It was not proved; the other end has been told, if that is it.</exception>
    /// <inheritdoc cref="ConnectAsync"/>
    public static async Task AcceptAsync(ClusterSecret secret, string purpose, Stream input, Stream output, CancellationToken cancellationToken)
    {
        var hello = await ReadHelloAsync(input, cancellationToken).ConfigureAwait(false);
        var answer = NewHello();
        await WriteAsync(output, answer, cancellationToken).ConfigureAwait(false);
        try
        {
            await CheckAsync(secret, ConnectingEnd, purpose, hello, answer, input, cancellationToken).ConfigureAwait(false);
        }
        catch (ProofException exception) when (exception.Failure == ProofFailure.Wrong)
        {
            await RefuseAsync(input, output, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        await WriteAsync(output, [Accepted, .. Prove(secret, AcceptingEnd, purpose, hello, answer)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the other end, and waits for it to hang up: where this end did so first, that might be all that the other one sees.</summary>
    private static async Task RefuseAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        await output.WriteAsync(new[] { Refused }, cancellationToken).ConfigureAwait(false);
        await input.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] NewHello()
    {
        var hello = new byte[GreetingLength + NonceLength];
        Greeting.CopyTo(hello);
        RandomNumberGenerator.Fill(hello.AsSpan(GreetingLength));
        return hello;
    }

    private static byte[] Prove(ClusterSecret secret, byte[] role, string purpose, byte[] connecting, byte[] accepting)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Key);
        Append(hmac, role);
        Append(hmac, Encoding.UTF8.GetBytes(purpose));
        Append(hmac, connecting);
        Append(hmac, accepting);
        return hmac.GetHashAndReset();
    }

    /// <summary>Each part with its length before it, so that nothing can be shifted from one to the next.</summary>
    private static void Append(IncrementalHash hmac, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        hmac.AppendData(length);
        hmac.AppendData(part);
    }

    private static async Task CheckAsync(
        ClusterSecret secret,
        byte[] role,
        string purpose,
        byte[] connecting,
        byte[] accepting,
        Stream input,
        CancellationToken cancellationToken)
    {
        var given = await ReadAsync(input, HMACSHA256.HashSizeInBytes, cancellationToken).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(given, Prove(secret, role, purpose, connecting, accepting)))
        {
            throw new ProofException(ProofFailure.Wrong);
        }
    }

    private static async Task<byte[]> ReadHelloAsync(Stream input, CancellationToken cancellationToken)
    {
        var greeting = await ReadAsync(input, GreetingLength, cancellationToken).ConfigureAwait(false);
        return greeting.AsSpan().SequenceEqual(Greeting)
            ? [.. greeting, .. await ReadAsync(input, NonceLength, cancellationToken).ConfigureAwait(false)]
            : throw new ProofException(ProofFailure.NotOffered);
    }

    private static async Task<byte[]> ReadAsync(Stream input, int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        try
        {
            await input.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new ProofException(ProofFailure.Ended, exception);
        }
        return bytes;
    }

    private static async Task WriteAsync(Stream output, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new ProofException(ProofFailure.Ended, exception);
        }
    }
}
