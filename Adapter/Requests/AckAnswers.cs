using System.Text;

namespace OrleansAdapter.Requests;

/// <summary>What the clients of one server answered to a broadcast, as servers exchange it.</summary>
internal static class AckAnswers
{
    public static byte[] Encode(IReadOnlyList<(SocketId Socket, ClientAnswer Answer)> answers, IReadOnlyList<SocketId> silent)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(answers.Count);
        foreach (var (socket, answer) in answers)
        {
            Write(writer, socket);
            writer.Write(answer.Error ?? "");
            Write(writer, answer.Arguments.Span);
            writer.Write(answer.Attachments.Count);
            foreach (var attachment in answer.Attachments)
            {
                Write(writer, attachment.Span);
            }
        }
        writer.Write(silent.Count);
        foreach (var socket in silent)
        {
            Write(writer, socket);
        }
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>About what an answer takes, in bytes.</summary>
    public static long SizeOf(ClientAnswer answer) =>
        SocketId.ByteLength + 16 + (answer.Error?.Length ?? 0) + answer.Arguments.Length + answer.Attachments.Sum(attachment => 4L + attachment.Length);

    /// <exception cref="EndOfStreamException">The bytes end too early.</exception>
    public static (List<(SocketId Socket, ClientAnswer Answer)> Answers, List<SocketId> Silent) Decode(ReadOnlyMemory<byte> bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()), Encoding.UTF8);
        List<(SocketId, ClientAnswer)> answers = [];
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var socket = ReadId(reader);
            var error = reader.ReadString();
            var arguments = ReadBytes(reader);
            var attachments = new List<ReadOnlyMemory<byte>>();
            for (var more = reader.ReadInt32(); more > 0; more--)
            {
                attachments.Add(ReadBytes(reader));
            }
            answers.Add((socket, new ClientAnswer(error.Length == 0 ? null : error, arguments, attachments)));
        }
        List<SocketId> silent = [];
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            silent.Add(ReadId(reader));
        }
        return (answers, silent);
    }

    private static void Write(BinaryWriter writer, SocketId id)
    {
        Span<byte> bytes = stackalloc byte[SocketId.ByteLength];
        id.Write(bytes);
        writer.Write(bytes);
    }

    private static void Write(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static SocketId ReadId(BinaryReader reader)
    {
        Span<byte> bytes = stackalloc byte[SocketId.ByteLength];
        reader.BaseStream.ReadExactly(bytes);
        return SocketId.Read(bytes);
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        var length = reader.ReadInt32();
        if (length < 0 || length > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new EndOfStreamException("The answers of a server end too early.");
        }
        return reader.ReadBytes(length);
    }
}
