using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OrleansAdapter.Primary;

/// <summary>
/// What the primary and a worker agree on about the connections that the primary accepts and the worker serves. A worker learns where its primary is from
/// its environment, connects there (a Unix domain socket that keeps messages apart) and says who it is. The primary sends it each connection as a
/// file descriptor; the worker tells how many of them it has received and how many have ended. The end of that link is the end of the worker.
/// </summary>
internal static class FrontContract
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "OrleansAdapter:Front";

    /// <summary>What environment variables of that section begin with.</summary>
    public const string EnvironmentPrefix = "OrleansAdapter__Front__";

    /// <summary>How the names of headers begin that only the primary and workers may send.</summary>
    public const string HeaderPrefix = "OrleansAdapter-";

    /// <summary>With a primary that passes requests on: the client's IP address and port.</summary>
    public const string ClientHeader = HeaderPrefix + "Client";

    /// <summary>The version of these messages. Primary and workers of one run are built together, so there is one.</summary>
    public const byte Version = 1;

    /// <summary>The longest message, in bytes.</summary>
    public const int MaxMessage = 512;
}

/// <summary>What a message to a worker is; its only byte. The first two come with a descriptor.</summary>
internal enum ToWorker : byte
{
    /// <summary>A connection.</summary>
    Plain = 1,

    /// <summary>A connection that begins with a TLS handshake.</summary>
    Secure = 2,

    /// <summary>Answer with <see cref="ToPrimary.Pong"/>.</summary>
    Ping = 3,

    /// <summary>The answer to <see cref="ToPrimary.Leave"/>: no connection follows.</summary>
    Left = 4,
}

/// <summary>What a message to the primary is; its first byte.</summary>
internal enum ToPrimary : byte
{
    /// <summary><see cref="FrontHello"/>; the first message.</summary>
    Hello = 1,

    /// <summary><see cref="FrontCounts"/>.</summary>
    Counts = 2,

    /// <summary>The worker is alive: its thread pool ran what sends this.</summary>
    Pong = 3,

    /// <summary>Send no more connections: nobody takes them any more. The answer is <see cref="ToWorker.Left"/>.</summary>
    Leave = 4,

    /// <summary>The worker begins to leave: clients that come are better served elsewhere.</summary>
    Drain = 5,
}

/// <summary>Who a worker is, and what it can take.</summary>
/// <param name="Server">The process part of its id.</param>
/// <param name="Secret">The run's secret.</param>
/// <param name="Secure">Whether it takes connections that begin with a TLS handshake.</param>
/// <param name="Capacity">How many connections it can hold at a time.</param>
internal sealed record FrontHello(ServerId Server, string Secret, bool Secure, int Capacity)
{
    private const int Fixed = 3 + sizeof(int) + ServerId.TextLength;

    /// <summary>Writes the message; returns its length.</summary>
    public int Write(Span<byte> to)
    {
        to[0] = (byte)ToPrimary.Hello;
        to[1] = FrontContract.Version;
        to[2] = Secure ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(to[3..], Capacity);
        Encoding.ASCII.GetBytes(Server.ToString(), to[(3 + sizeof(int))..]);
        return Fixed + Encoding.UTF8.GetBytes(Secret, to[Fixed..]);
    }

    /// <summary>Reads the message; false for anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, [NotNullWhen(true)] out FrontHello? hello)
    {
        hello = null;
        if (from.Length < Fixed || from[0] != (byte)ToPrimary.Hello || from[1] != FrontContract.Version)
        {
            return false;
        }
        var capacity = BinaryPrimitives.ReadInt32LittleEndian(from[3..]);
        if (capacity <= 0 || !ServerId.TryParse(Encoding.ASCII.GetString(from.Slice(3 + sizeof(int), ServerId.TextLength)), out var server))
        {
            return false;
        }
        hello = new FrontHello(server.Process, Encoding.UTF8.GetString(from[Fixed..]), from[2] == 1, capacity);
        return true;
    }
}

/// <summary>How many connections a worker has received and how many of those have ended, since it started.</summary>
internal readonly record struct FrontCounts(long Received, long Ended)
{
    /// <summary>The length of the message.</summary>
    public const int Length = 1 + (2 * sizeof(long));

    public void Write(Span<byte> to)
    {
        to[0] = (byte)ToPrimary.Counts;
        BinaryPrimitives.WriteInt64LittleEndian(to[1..], Received);
        BinaryPrimitives.WriteInt64LittleEndian(to[(1 + sizeof(long))..], Ended);
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out FrontCounts counts)
    {
        counts = default;
        if (from.Length != Length || from[0] != (byte)ToPrimary.Counts)
        {
            return false;
        }
        counts = new FrontCounts(BinaryPrimitives.ReadInt64LittleEndian(from[1..]), BinaryPrimitives.ReadInt64LittleEndian(from[(1 + sizeof(long))..]));
        return counts.Ended >= 0 && counts.Received >= counts.Ended;
    }
}
