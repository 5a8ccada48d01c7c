using System.Buffers.Binary;

namespace OrleansAdapter.Requests;

/// <summary>What a request asks. Values are on the wire and never change their meaning.</summary>
internal enum RequestKind : byte
{
    /// <summary>The ids of the sockets that match.</summary>
    SocketIds = 1,

    /// <summary>A SignalR client result: invoke a method of the one client that matches, and return what it returns.</summary>
    InvokeClient = 2,

    /// <summary>Forget an invocation that nobody waits for any more.</summary>
    CancelInvocation = 3,

    /// <summary>The sockets that match, with their rooms, data and handshake.</summary>
    FetchSockets = 4,

    /// <summary>How many sockets match.</summary>
    CountSockets = 5,

    /// <summary>The rooms that matching sockets are in.</summary>
    Rooms = 6,

    /// <summary>An event for the clients that match, and what each of them answers.</summary>
    EmitWithAck = 7,

    /// <summary>An event for the servers themselves.</summary>
    ServerSideEmit = 8,

    /// <summary>Nothing: the answer tells that all before it has been handled.</summary>
    Barrier = 9,
}

/// <summary>The head of a request's body: the asker's number of it, and what it asks.</summary>
internal static class RequestHeader
{
    public const int Length = 9;

    public static byte[] Write(long id, RequestKind kind, ReadOnlySpan<byte> body)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Length + body.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, id);
        bytes[8] = (byte)kind;
        body.CopyTo(bytes.AsSpan(Length));
        return bytes;
    }

    /// <exception cref="InvalidDataException">The body is too short.</exception>
    public static (long Id, RequestKind Kind, ReadOnlyMemory<byte> Body) Read(ReadOnlyMemory<byte> bytes) => bytes.Length < Length
        ? throw new InvalidDataException("A request ends before its header does.")
        : (BinaryPrimitives.ReadInt64LittleEndian(bytes.Span), (RequestKind)bytes.Span[8], bytes[Length..]);
}
