namespace OrleansAdapter.Protocol;

/// <summary>Encodes each kind of <see cref="HomeMessage"/>: life, epoch, session and head, then its own fields.</summary>
internal static class HomeMessageCodec
{
    private const int MinimumResultBytes = 5;
    private const int MinimumTargetsBytes = 2;
    private const int MinimumClaimBytes = 4;
    private const int ChangeBytes = 7;

    /// <summary>The byte before a head: whether there is one, and whether it has the list, or its changes.</summary>
    private const byte NoHead = 0;
    private const byte HeadWithoutList = 1;
    private const byte HeadWithList = 2;
    private const byte HeadWithChanges = 3;

    /// <summary>Added to the form where something waits for a second machine.</summary>
    private const byte WithHeld = 4;

    public static void Write(ref WireWriter writer, HomeMessage message)
    {
        writer.Server(message.Life);
        writer.Fixed(message.Epoch);
        writer.Long(message.Session);
        WriteHead(ref writer, message.Head);
        switch (message)
        {
            case Push push:
                writer.Long(push.Previous);
                HistoryCodec.WriteEntries(ref writer, push.Entries);
                break;
            case Accepted accepted:
                writer.Long(accepted.First);
                writer.Long(accepted.FirstNumber);
                writer.Count(accepted.Count);
                writer.Count(accepted.Targets.Count);
                foreach (var targets in accepted.Targets)
                {
                    writer.Long(targets.Position);
                    HistoryCodec.WriteLives(ref writer, targets.Lives);
                }
                writer.Count(accepted.Claims.Count);
                foreach (var claim in accepted.Claims)
                {
                    SessionCodec.WriteAnswer(ref writer, claim);
                }
                break;
            case Registered registered:
                writer.Long(registered.LastPosition);
                writer.Long(registered.From);
                writer.Count(registered.Results.Count);
                foreach (var result in registered.Results)
                {
                    WriteResult(ref writer, result);
                }
                writer.Byte(registered.KeepsSessions ? (byte)1 : (byte)0);
                HistoryCodec.WriteMoved(ref writer, registered.Taken);
                writer.Long(registered.Doubt);
                writer.Long(registered.Unheard);
                HistoryCodec.WritePast(ref writer, registered.Past);
                writer.Long(registered.UnprovedUpTo);
                writer.Long(registered.Removed);
                break;
            case Recall recall:
                writer.Socket(recall.Socket);
                writer.Long(recall.Claim);
                writer.Long(recall.After);
                writer.Long(recall.UpTo);
                break;
            case Renewed renewed:
                writer.Long(renewed.EndedUpTo);
                SessionCodec.WriteEnded(ref writer, renewed.Ended);
                writer.Long(renewed.Doubt);
                break;
        }
    }

    public static HomeMessage Read(ref WireReader reader, MessageType type)
    {
        if (type is < MessageType.WrongEpoch or > MessageType.Recall)
        {
            throw MessageCodec.Unknown(type, "of a home");
        }
        var life = reader.Server();
        var epoch = reader.Fixed();
        var session = reader.Long();
        var head = ReadHead(ref reader);
        return type switch
        {
            MessageType.WrongEpoch => new WrongEpoch { Life = life, Epoch = epoch, Session = session, Head = head },
            MessageType.Fenced => new Fenced { Life = life, Epoch = epoch, Session = session, Head = head },
            MessageType.Renewed => new Renewed
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                Head = head,
                EndedUpTo = reader.Long(),
                Ended = SessionCodec.ReadEnded(ref reader),
                Doubt = reader.Long(),
            },
            MessageType.Recall => new Recall
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                Head = head,
                Socket = reader.Socket(),
                Claim = reader.Long(),
                After = reader.Long(),
                UpTo = reader.Long(),
            },
            MessageType.Push => new Push
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                Head = head,
                Previous = reader.Long(),
                Entries = HistoryCodec.ReadEntries(ref reader),
            },
            MessageType.Accepted => new Accepted
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                Head = head,
                First = reader.Long(),
                FirstNumber = reader.Long(),
                Count = reader.Int(),
                Targets = reader.List(MinimumTargetsBytes, static (ref WireReader r) => new RequestTargets(r.Long(), HistoryCodec.ReadLives(ref r))),
                Claims = reader.List(MinimumClaimBytes, static (ref WireReader r) => SessionCodec.ReadAnswer(ref r)),
            },
            _ => new Registered
            {
                Life = life,
                Epoch = epoch,
                Session = session,
                Head = head,
                LastPosition = reader.Long(),
                From = reader.Long(),
                Results = reader.List(MinimumResultBytes, static (ref WireReader r) => ReadResult(ref r)),
                KeepsSessions = reader.Flag(),
                Taken = HistoryCodec.ReadMoved(ref reader),
                Doubt = reader.Long(),
                Unheard = reader.Long(),
                Past = HistoryCodec.ReadPast(ref reader),
                UnprovedUpTo = reader.Long(),
                Removed = reader.Long(),
            },
        };
    }

    private static void WriteHead(ref WireWriter writer, Head? head)
    {
        if (head is null)
        {
            writer.Byte(NoHead);
            return;
        }
        var form = head.List is not null ? HeadWithList : head.Changes is not null ? HeadWithChanges : HeadWithoutList;
        writer.Byte(head.Held == Head.AllHeld ? form : (byte)(form + WithHeld));
        writer.Long(head.Stable);
        writer.Long(head.Number);
        writer.Long(head.Last);
        writer.Long(head.ListVersion);
        if (head.Held != Head.AllHeld)
        {
            writer.Long(head.Held);
        }
        if (head.List is { } list)
        {
            HistoryCodec.WriteLives(ref writer, list);
        }
        else if (head.Changes is { } changes)
        {
            writer.Count(changes.Count);
            for (var i = 0; i < changes.Count; i++)
            {
                writer.Server(changes[i].Life);
                writer.Byte(changes[i].IsThere ? (byte)1 : (byte)0);
            }
        }
    }

    private static Head? ReadHead(ref WireReader reader)
    {
        var form = reader.Byte();
        if (form is NoHead)
        {
            return null;
        }
        if (form is > HeadWithChanges + WithHeld or WithHeld)
        {
            ProtocolException.Throw($"The head before byte {reader.Position} has the unknown form {form}.");
        }
        var (stable, number, last, version) = (reader.Long(), reader.Long(), reader.Long(), reader.Long());
        var held = form > WithHeld ? reader.Long() : Head.AllHeld;
        form = form > WithHeld ? (byte)(form - WithHeld) : form;
        return new Head(
            stable,
            number,
            last,
            version,
            form == HeadWithList ? HistoryCodec.ReadLives(ref reader) : null,
            form == HeadWithChanges ? reader.List(ChangeBytes, static (ref WireReader r) => new ListChange(r.Server(), r.Flag())) : null,
            held);
    }

    private static void WriteResult(ref WireWriter writer, OperationResult result)
    {
        writer.Long(result.Position);
        writer.Long(result.Number);
        writer.Long(result.Run);
        writer.Byte((byte)result.Outcome);
        writer.Byte(result.Targets is null ? (byte)0 : (byte)1);
        if (result.Targets is { } targets)
        {
            HistoryCodec.WriteLives(ref writer, targets);
        }
    }

    private static OperationResult ReadResult(ref WireReader reader)
    {
        var position = reader.Long();
        var number = reader.Long();
        var run = reader.Long();
        var outcome = (OperationOutcome)reader.Byte();
        if (outcome is not (OperationOutcome.Accepted or OperationOutcome.Stable or OperationOutcome.Unknown))
        {
            ProtocolException.Throw($"The outcome {(byte)outcome} before byte {reader.Position} is not known.");
        }
        return new OperationResult(position, number, run, outcome, reader.Flag() ? HistoryCodec.ReadLives(ref reader) : null);
    }
}
