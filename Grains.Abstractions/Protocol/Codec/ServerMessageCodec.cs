namespace OrleansAdapter.Protocol;

/// <summary>Encodes each kind of <see cref="ServerMessage"/>, and a <see cref="ServerDescription"/>.</summary>
internal static class ServerMessageCodec
{
    private const int MinimumAnswerBytes = 6 + 6 + 1 + 1 + 1 + 1 + 1;

    public static void Write(ref WireWriter writer, ServerMessage message)
    {
        switch (message)
        {
            case Describe describe:
                WriteDescription(ref writer, describe.Description);
                writer.Long(describe.Session);
                writer.Long(describe.Handled);
                writer.Long(describe.Lease);
                break;
            case Answer answer:
                WriteAnswer(ref writer, answer);
                break;
            case Answers answers:
                writer.Long(answers.Session);
                writer.Long(answers.Previous);
                writer.Count(answers.Items.Count);
                foreach (var item in answers.Items)
                {
                    WriteAnswer(ref writer, item);
                }
                break;
            case AcknowledgeAnswers acknowledge:
                writer.Server(acknowledge.Process);
                writer.Long(acknowledge.Session);
                writer.Long(acknowledge.Handled);
                break;
        }
    }

    public static ServerMessage Read(ref WireReader reader, MessageType type) => type switch
    {
        MessageType.Describe =>
            new Describe(ReadDescription(ref reader), reader.Long(), reader.Long(), reader.Long()),
        MessageType.Answer => ReadAnswer(ref reader),
        MessageType.Answers => new Answers(reader.Long(), reader.Long(), reader.List(MinimumAnswerBytes, static (ref WireReader r) => ReadAnswer(ref r))),
        MessageType.AcknowledgeAnswers => new AcknowledgeAnswers(reader.Server(), reader.Long(), reader.Long()),
        _ => throw MessageCodec.Unknown(type, "about a server"),
    };

    /// <summary>A description. Its start is an instant: it comes out in UTC, whatever its offset was.</summary>
    public static void WriteDescription(ref WireWriter writer, ServerDescription description)
    {
        writer.Server(description.Process);
        writer.Text(description.Name);
        writer.Fixed(description.Started.UtcTicks);
        writer.Long(description.Sockets);
        writer.Text(description.Address ?? "");
    }

    /// <inheritdoc cref="WriteDescription"/>
    public static ServerDescription ReadDescription(ref WireReader reader)
    {
        var process = reader.Server();
        var name = reader.Text();
        var ticks = reader.Fixed();
        if (ticks < DateTimeOffset.MinValue.UtcTicks || ticks > DateTimeOffset.MaxValue.UtcTicks)
        {
            ProtocolException.Throw($"The time before byte {reader.Position} is none.");
        }
        var sockets = reader.Int();
        var address = reader.Text();
        return new ServerDescription(process, name, new DateTimeOffset(ticks, TimeSpan.Zero), sockets, address.Length == 0 ? null : address);
    }

    private static void WriteAnswer(ref WireWriter writer, Answer answer)
    {
        writer.Server(answer.To);
        writer.Server(answer.From);
        writer.Long(answer.Request);
        writer.Long(answer.Part);
        writer.Byte(answer.Last ? (byte)1 : (byte)0);
        writer.Byte(answer.Error is null ? (byte)0 : (byte)1);
        if (answer.Error is { } error)
        {
            writer.Text(error);
        }
        writer.Block(answer.Body.Span);
    }

    private static Answer ReadAnswer(ref WireReader reader)
    {
        var to = reader.Server();
        var from = reader.Server();
        var request = reader.Long();
        var part = reader.Int();
        var last = reader.Flag();
        var error = reader.Flag() ? reader.Text() : null;
        return new Answer(to, from, request, part, last, error, reader.Block());
    }
}
