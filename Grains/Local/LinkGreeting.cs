using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>What a process is to the directory.</summary>
internal enum LinkRole : byte
{
    /// <summary>A server: it talks to the homes.</summary>
    Worker = 1,

    /// <summary>What starts the servers: it lists them and reports their deaths.</summary>
    Supervisor = 2,
}

/// <summary>The first bytes of a process on a link: what it speaks, what it is, and the secret that lets it in.</summary>
internal sealed record LinkHello(ProtocolRange Versions, LinkRole Role, ServerId Process, ReadOnlyMemory<byte> Secret);

/// <summary>How the directory answers a greeting.</summary>
internal enum LinkWelcomeStatus : byte
{
    Welcome = 0,
    WrongSecret = 1,
    NoCommonVersion = 2,
}

/// <summary>The directory's answer to a greeting; after a refusal it closes the link.</summary>
internal sealed record LinkWelcome(LinkWelcomeStatus Status, ProtocolRange Versions, byte Version);

/// <summary>
/// The greeting on a link, once in each direction: 8 bytes of magic · two bytes little-endian, the length of the rest · the rest. This form is the
/// same in every version of the protocol, now and later: it is what lets two versions find out about each other.
/// </summary>
internal static class LinkGreeting
{
    /// <summary>The longest secret, in bytes of UTF-8.</summary>
    public const int MaximumSecretBytes = 512;

    private const int LengthBytes = 2;
    private const int MaximumBodyBytes = 1024;
    private const int HelloBytes = 9;
    private const int WelcomeBytes = 4;

    private static ReadOnlySpan<byte> Magic => "OrlnsDir"u8;

    public static byte[] Write(LinkHello hello)
    {
        var body = new byte[HelloBytes + hello.Secret.Length];
        body[0] = hello.Versions.Oldest;
        body[1] = hello.Versions.Current;
        body[2] = (byte)hello.Role;
        hello.Process.Write(body.AsSpan(3, 6));
        hello.Secret.Span.CopyTo(body.AsSpan(HelloBytes));
        return Write(body);
    }

    public static byte[] Write(LinkWelcome welcome) =>
        Write([(byte)welcome.Status, welcome.Versions.Oldest, welcome.Versions.Current, welcome.Version]);

    /// <exception cref="ProtocolException">It is no greeting, or the link ended within it.</exception>
    public static async Task<LinkHello> ReadHelloAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(reader, cancellationToken);
        if (body.Length is < HelloBytes or > HelloBytes + MaximumSecretBytes || body[2] is not ((byte)LinkRole.Worker or (byte)LinkRole.Supervisor))
        {
            throw new ProtocolException("The greeting has a wrong length or an unknown role.");
        }
        return new LinkHello(new ProtocolRange(body[0], body[1]), (LinkRole)body[2], ServerId.Read(body.AsSpan(3, 6)), body.AsMemory(HelloBytes));
    }

    /// <exception cref="ProtocolException">It is no answer to a greeting, or the link ended within it.</exception>
    public static async Task<LinkWelcome> ReadWelcomeAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(reader, cancellationToken);
        if (body.Length < WelcomeBytes || body[0] > (byte)LinkWelcomeStatus.NoCommonVersion)
        {
            throw new ProtocolException("The answer to the greeting has a wrong length or an unknown status.");
        }
        return new LinkWelcome((LinkWelcomeStatus)body[0], new ProtocolRange(body[1], body[2]), body[3]);
    }

    /// <summary>Whether two secrets are the same, in a time that tells nothing about where they differ.</summary>
    public static bool SameSecret(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> leftHash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> rightHash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(left, leftHash);
        SHA256.HashData(right, rightHash);
        return CryptographicOperations.FixedTimeEquals(leftHash, rightHash);
    }

    /// <summary>A secret as it is sent.</summary>
    public static byte[] Secret(string secret) => Encoding.UTF8.GetBytes(secret);

    private static byte[] Write(ReadOnlySpan<byte> body)
    {
        var bytes = new byte[Magic.Length + LengthBytes + body.Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(Magic.Length), (ushort)body.Length);
        body.CopyTo(bytes.AsSpan(Magic.Length + LengthBytes));
        return bytes;
    }

    private static async Task<byte[]> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(ref buffer) is { } body)
            {
                reader.AdvanceTo(buffer.Start);
                return body;
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                throw new ProtocolException("The link ended before the greeting was complete.");
            }
        }
    }

    private static byte[]? TryRead(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[Magic.Length + LengthBytes];
        header = header[..(int)Math.Min(header.Length, buffer.Length)];
        buffer.Slice(0, header.Length).CopyTo(header);
        var compared = Math.Min(header.Length, Magic.Length);
        if (!header[..compared].SequenceEqual(Magic[..compared]))
        {
            throw new ProtocolException("The other side does not begin with the greeting of this protocol.");
        }
        if (header.Length < Magic.Length + LengthBytes)
        {
            return null;
        }
        var length = BinaryPrimitives.ReadUInt16LittleEndian(header[Magic.Length..]);
        if (length > MaximumBodyBytes)
        {
            throw new ProtocolException($"The greeting announces {length} bytes; at most {MaximumBodyBytes} are allowed.");
        }
        if (buffer.Length < header.Length + length)
        {
            return null;
        }
        var body = buffer.Slice(header.Length, length);
        buffer = buffer.Slice(body.End);
        return body.ToArray();
    }
}
