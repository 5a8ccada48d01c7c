using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansAdapter;

/// <summary>
/// Names one stay of one web worker process in the cluster: 36 random bits for the process, 12 bits for its incarnation.
/// Written as 8 characters of <c>[A-Za-z0-9_-]</c>: six for the process, two for the incarnation.
/// </summary>
/// <remarks>
/// The process part is drawn at process start and cannot be guessed. The incarnation moves on each time the directory fenced the
/// server (PROTOCOL.md, W9: a new <i>life</i>), so that what is late for an ended life can never be taken for the new one.
/// <see langword="default"/> is no server.
/// </remarks>
public readonly partial struct ServerId : IEquatable<ServerId>, IComparable<ServerId>
{
    /// <summary>The length of the text form.</summary>
    public const int TextLength = 8;

    private const int ByteLength = 6;
    private const int IncarnationBits = 12;
    private const ulong IncarnationMask = (1UL << IncarnationBits) - 1;
    private const ulong Mask = (1UL << 48) - 1;

    private readonly ulong _bits;

    private ServerId(ulong bits) => _bits = bits & Mask;

    /// <summary>The 48 bits, for codecs and tests.</summary>
    public ulong Bits => _bits;

    /// <summary>True for <see langword="default"/>, which names no server.</summary>
    public bool IsNone => _bits == 0;

    /// <summary>The process that this life belongs to: the same id with incarnation 0. Equal for all lives of one process.</summary>
    public ServerId Process => new(_bits & ~IncarnationMask);

    /// <summary>Draws a new process id at incarnation 1, from the operating system's secure source.</summary>
    public static ServerId NewProcess()
    {
        Span<byte> bytes = stackalloc byte[8];
        ulong bits;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            bits = BitConverter.ToUInt64(bytes) & Mask & ~IncarnationMask;
        }
        while (bits == 0);
        return new ServerId(bits | 1);
    }

    /// <summary>Makes an id from its 48 bits; higher bits are ignored.</summary>
    public static ServerId FromBits(ulong bits) => new(bits);

    /// <summary>The next life of the same process. Skips incarnation 0, which stands for the process itself.</summary>
    public ServerId NextIncarnation()
    {
        var next = (_bits + 1) & IncarnationMask;
        return new ServerId((_bits & ~IncarnationMask) | (next == 0 ? 1 : next));
    }

    internal static ServerId Read(ReadOnlySpan<byte> six)
    {
        ulong bits = 0;
        for (var i = 0; i < 6; i++)
        {
            bits = (bits << 8) | six[i];
        }
        return new ServerId(bits);
    }

    internal void Write(Span<byte> six)
    {
        for (var i = 0; i < 6; i++)
        {
            six[i] = (byte)(_bits >> (8 * (5 - i)));
        }
    }

    /// <inheritdoc/>
    public bool Equals(ServerId other) => _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ServerId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _bits.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(ServerId other) => _bits.CompareTo(other._bits);

    /// <summary>Equality of all 48 bits.</summary>
    public static bool operator ==(ServerId left, ServerId right) => left.Equals(right);

    /// <summary>Inequality of any bit.</summary>
    public static bool operator !=(ServerId left, ServerId right) => !left.Equals(right);

    /// <summary>Order by value; used only where any fixed order will do.</summary>
    public static bool operator <(ServerId left, ServerId right) => left._bits < right._bits;

    /// <summary>Order by value.</summary>
    public static bool operator >(ServerId left, ServerId right) => left._bits > right._bits;

    /// <summary>Order by value.</summary>
    public static bool operator <=(ServerId left, ServerId right) => left._bits <= right._bits;

    /// <summary>Order by value.</summary>
    public static bool operator >=(ServerId left, ServerId right) => left._bits >= right._bits;
}
