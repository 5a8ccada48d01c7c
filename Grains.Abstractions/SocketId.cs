using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansAdapter;

/// <summary>
/// Names one client connection in a namespace, and with it the server that holds it: 20 characters of <c>[A-Za-z0-9_-]</c>, the
/// first 8 being the <see cref="ServerId"/>, the other 12 being 72 random bits. It cannot be guessed.
/// </summary>
public readonly partial struct SocketId : IEquatable<SocketId>
{
    /// <summary>The length of the text form.</summary>
    public const int TextLength = 20;

    internal const int ByteLength = 15;

    private readonly ulong _high;
    private readonly ulong _serverAndLow; // 48 bits and 8 bits: 16 bytes in all, and there are many

    private SocketId(ServerId server, ulong high, byte low)
    {
        _serverAndLow = (server.Bits << 8) | low;
        _high = high;
    }

    /// <summary>The life of the server that holds the socket.</summary>
    public ServerId Server => ServerId.FromBits(_serverAndLow >> 8);

    /// <summary>True for <see langword="default"/>, which names no socket.</summary>
    public bool IsNone => Server.IsNone;

    /// <summary>Draws a new id on a server, from the operating system's secure source.</summary>
    public static SocketId New(ServerId server)
    {
        Span<byte> bytes = stackalloc byte[9];
        RandomNumberGenerator.Fill(bytes);
        return new SocketId(server, BinaryPrimitives.ReadUInt64BigEndian(bytes), bytes[8]);
    }

    /// <summary>Makes the id that carries these 64 bits, for tests and simulations that need their own source of randomness.</summary>
    public static SocketId FromParts(ServerId server, ulong random) => new(server, random, 0);

    internal static SocketId Read(ReadOnlySpan<byte> bytes) =>
        new(ServerId.Read(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[6..]), bytes[14]);

    internal void Write(Span<byte> bytes)
    {
        Server.Write(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[6..], _high);
        bytes[14] = (byte)_serverAndLow;
    }

    /// <inheritdoc/>
    public bool Equals(SocketId other) => _high == other._high && _serverAndLow == other._serverAndLow;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is SocketId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _high.GetHashCode();

    /// <summary>Equality of all bits.</summary>
    public static bool operator ==(SocketId left, SocketId right) => left.Equals(right);

    /// <summary>Inequality of any bit.</summary>
    public static bool operator !=(SocketId left, SocketId right) => !left.Equals(right);
}
