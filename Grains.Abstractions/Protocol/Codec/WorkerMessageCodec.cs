namespace OrleansAdapter.Protocol;

/// <summary>Encodes each kind of <see cref="WorkerMessage"/>: life, epoch, session and list version, then its own fields.</summary>
internal static class WorkerMessageCodec
{
    /// <summary>What a register has: bits of one byte.</summary>
    private const byte HasHistory = 1;
    private const byte HasMachine = 2;

    public static void Write(ref WireWriter writer, WorkerMessage message)
    {
        writer.Server(message.Life);
        writer.Fixed(message.Epoch);
        writer.Long(message.Session);
        writer.Long(message.ListVersion);
        switch (message)
        {
            case Submit submit:
                writer.Long(submit.First);
                writer.Count(submit.Operations.Count);
                for (var i = 0; i < submit.Operations.Count; i++)
                {
                    OperationCodec.Write(ref writer, submit.Operations[i]);
                }
                break;
            case Acknowledge acknowledge:
                writer.Long(acknowledge.Handled);
                break;
            case ReadAfter read:
                writer.Long(read.Handled);
                break;
            case Renew renew:
                writer.Long(renew.Handled);
                writer.Long(renew.Position);
                writer.Long(renew.EndedUpTo);
                break;
            case Register register:
                writer.Server(register.Replaces);
                writer.Long(register.Lease);
                SessionCodec.WriteSettings(ref writer, register.Recovery);
                writer.Byte((byte)((register.History is null ? 0 : HasHistory) | (register.Machine is null ? 0 : HasMachine)));
                if (register.Machine is { } machine)
                {
                    writer.Text(machine);
                }
                if (register.History is { } history)
                {
                    HistoryCodec.Write(ref writer, history);
                }
                break;
        }
    }

    public static WorkerMessage Read(ref WireReader reader, MessageType type)
    {
        if (type is < MessageType.Register or > MessageType.Renew)
        {
            throw MessageCodec.Unknown(type, "to a home");
        }
        var life = reader.Server();
        var epoch = reader.Fixed();
        var session = reader.Long();
        var listVersion = reader.Long();
        return type switch
        {
            MessageType.Submit => new Submit
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                ListVersion = listVersion,
                First = reader.Long(),
                Operations = reader.List(OperationCodec.MinimumBytes, static (ref WireReader r) => OperationCodec.Read(ref r)),
            },
            MessageType.Acknowledge => new Acknowledge { Life = life, Epoch = epoch, Session = session, ListVersion = listVersion, Handled = reader.Long() },
            MessageType.ReadAfter => new ReadAfter { Life = life, Epoch = epoch, Session = session, ListVersion = listVersion, Handled = reader.Long() },
            MessageType.Renew => new Renew
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                ListVersion = listVersion,
                Handled = reader.Long(),
                Position = reader.Long(),
                EndedUpTo = reader.Long(),
            },
            _ => ReadRegister(ref reader, new Register
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                ListVersion = listVersion,
                Replaces = reader.Server(),
                Lease = reader.Long(),
                Recovery = SessionCodec.ReadSettings(ref reader),
            }),
        };
    }

    private static Register ReadRegister(ref WireReader reader, Register register)
    {
        var has = reader.Byte();
        if (has > (HasHistory | HasMachine))
        {
            ProtocolException.Throw($"The register before byte {reader.Position} has the unknown form {has}.");
        }
        return register with
        {
            Machine = (has & HasMachine) != 0 ? reader.Text() : null,
            History = (has & HasHistory) != 0 ? HistoryCodec.Read(ref reader) : null,
        };
    }
}
