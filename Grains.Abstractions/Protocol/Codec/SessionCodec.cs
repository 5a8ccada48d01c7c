using System.Buffers;

namespace OrleansAdapter.Protocol;

/// <summary>The forms of what is said of sessions: the bodies of their operations, the settings in a Register, and the answers to claims.</summary>
internal static class SessionCodec
{
    private const int MinimumRoomBytes = 2;
    private const int MinimumOnceBytes = 17;
    private const int MinimumEndedBytes = 18;

    private enum Word : byte
    {
        Opened = 1,
        Joined = 2,
        Left = 3,
        Data = 4,
        Away = 5,
        Ended = 6,
        Once = 7,
        Earlier = 8,
    }

    /// <summary>How a session is opened. The first two values are as old as sessions.</summary>
    [Flags]
    private enum Opened : byte
    {
        New = 0,
        Again = 1,
        Away = 2,
        Unproved = 4,
    }

    /// <summary>What a claim asks for besides. The first two values are as old as claims.</summary>
    [Flags]
    private enum Form : byte
    {
        None = 0,
        Once = 1,
        WithoutMissed = 2,
        Next = 4,
    }

    /// <summary>Whether there are settings. The first two values are as old as settings.</summary>
    private enum Kept : byte
    {
        Nothing = 0,
        Packets = 1,
        NoPackets = 2,
    }

    /// <summary>What the body of an operation about sessions says; null for other kinds.</summary>
    /// <exception cref="ProtocolException">The bytes say nothing.</exception>
    public static object? Read(OperationKind kind, ReadOnlyMemory<byte> body) => kind switch
    {
        OperationKind.Session => ReadWord(body),
        OperationKind.Acted => ReadActed(body),
        OperationKind.Claim => ReadClaim(body),
        OperationKind.Moved => ReadMoved(body),
        _ => null,
    };

    public static ReadOnlyMemory<byte> Write(SessionWord word)
    {
        var output = new ArrayBufferWriter<byte>(128);
        var writer = new WireWriter(output, ProtocolVersion.Current);
        writer.Byte((byte)TypeOf(word));
        writer.Socket(word.Socket);
        writer.Long(word.Claim);
        switch (word)
        {
            case SessionOpened opened:
                WriteSecret(ref writer, opened.Secret);
                writer.Text(opened.User);
                WriteOffset(ref writer, opened.LastSent);
                WriteRooms(ref writer, opened.Rooms);
                writer.Block(opened.Data.Span);
                writer.Byte((byte)(
                    (opened.IsAgain ? Opened.Again : Opened.New)
                    | (opened.Absence is null ? Opened.New : Opened.Away)
                    | (opened.IsUnproved ? Opened.Unproved : Opened.New)));
                if (opened.Absence is { } absence)
                {
                    writer.Long(absence.Age);
                    writer.Long(absence.KnownAt);
                }
                break;
            case SessionJoined joined:
                writer.Room(joined.Room);
                break;
            case SessionLeft left:
                writer.Room(left.Room);
                break;
            case SessionData data:
                writer.Block(data.Data.Span);
                break;
            case SessionAway away:
                WriteOffset(ref writer, away.LastSent);
                writer.Byte(away.IsKept ? (byte)1 : (byte)0);
                break;
            case SessionEarlier earlier:
                writer.Long(earlier.After);
                writer.Byte((byte)earlier.Refusal);
                HistoryCodec.WriteEntries(ref writer, earlier.Entries);
                break;
            case SessionOnce once:
                writer.Count(once.Ids.Count);
                foreach (var (id, age) in once.Ids)
                {
                    WriteSecret(ref writer, id);
                    writer.Long(age);
                }
                break;
        }
        writer.Complete();
        return output.WrittenMemory;
    }

    private static SessionOnce ReadActed(ReadOnlyMemory<byte> body) =>
        ReadWord(body) as SessionOnce ?? throw new ProtocolException("What a server is to act on is none.");

    private static SessionWord ReadWord(ReadOnlyMemory<byte> body)
    {
        var reader = new WireReader(body, ProtocolVersion.Current);
        var type = (Word)reader.Byte();
        var socket = reader.Socket();
        var claim = reader.Long();
        SessionWord word = type switch
        {
            Word.Opened => ReadOpened(ref reader, socket, claim),
            Word.Joined => new SessionJoined(socket, claim, reader.Room()),
            Word.Left => new SessionLeft(socket, claim, reader.Room()),
            Word.Data => new SessionData(socket, claim, reader.Block()),
            Word.Away => new SessionAway(socket, claim, ReadOffset(ref reader)) { IsKept = reader.Flag() },
            Word.Earlier => new SessionEarlier(socket, claim, reader.Long(), ReadRefusal(ref reader), HistoryCodec.ReadEntries(ref reader)),
            Word.Ended => new SessionEnded(socket, claim),
            Word.Once => new SessionOnce(reader.List(MinimumOnceBytes, static (ref WireReader r) => new OnceId(ReadSecret(ref r), r.Long()))),
            _ => throw new ProtocolException($"The word {(byte)type} about a session is not known to {ProtocolVersion.Ours}."),
        };
        reader.End();
        return word;
    }

    private static SessionOpened ReadOpened(ref WireReader reader, SocketId socket, long claim)
    {
        var opened = new SessionOpened(
            socket, claim, ReadSecret(ref reader), reader.Text(), ReadOffset(ref reader), ReadRooms(ref reader), reader.Block(), IsAgain: false);
        var form = (Opened)reader.Byte();
        if ((form & ~(Opened.Again | Opened.Away | Opened.Unproved)) != 0)
        {
            ProtocolException.Throw($"The form {(byte)form} of an opened session is not known to {ProtocolVersion.Ours}.");
        }
        return opened with
        {
            IsAgain = form.HasFlag(Opened.Again),
            Absence = form.HasFlag(Opened.Away) ? new SessionAbsence(reader.Long(), reader.Long()) : null,
            IsUnproved = form.HasFlag(Opened.Unproved),
        };
    }

    public static ReadOnlyMemory<byte> Write(SessionClaim claim)
    {
        var output = new ArrayBufferWriter<byte>(64);
        var writer = new WireWriter(output, ProtocolVersion.Current);
        WriteSecret(ref writer, claim.Secret);
        writer.Text(claim.User);
        WriteOffset(ref writer, claim.Offset);
        writer.Byte(claim.LooksOnly ? (byte)1 : (byte)0);
        writer.Byte((byte)(
            (claim.IsOnce ? Form.Once : Form.None) | (claim.WithoutMissed ? Form.WithoutMissed : Form.None) | (claim.Next is null ? Form.None : Form.Next)));
        if (claim.Next is { } next)
        {
            WriteSecret(ref writer, next);
        }
        writer.Complete();
        return output.WrittenMemory;
    }

    private static SessionClaim ReadClaim(ReadOnlyMemory<byte> body)
    {
        var reader = new WireReader(body, ProtocolVersion.Current);
        var claim = new SessionClaim(ReadSecret(ref reader), reader.Text(), ReadOffset(ref reader), reader.Flag());
        var form = (Form)reader.Byte();
        if ((form & ~(Form.Once | Form.WithoutMissed | Form.Next)) != 0)
        {
            throw new ProtocolException($"The form {(byte)form} of a claim is not known to {ProtocolVersion.Ours}.");
        }
        claim = claim with
        {
            IsOnce = form.HasFlag(Form.Once),
            WithoutMissed = form.HasFlag(Form.WithoutMissed),
            Next = form.HasFlag(Form.Next) ? ReadSecret(ref reader) : null,
        };
        reader.End();
        return claim;
    }

    public static ReadOnlyMemory<byte> Write(SessionMoved moved)
    {
        var output = new ArrayBufferWriter<byte>(128);
        var writer = new WireWriter(output, ProtocolVersion.Current);
        WriteMoved(ref writer, moved);
        writer.Complete();
        return output.WrittenMemory;
    }

    private static SessionMoved ReadMoved(ReadOnlyMemory<byte> body)
    {
        var reader = new WireReader(body, ProtocolVersion.Current);
        var moved = ReadMoved(ref reader);
        reader.End();
        return moved;
    }

    public static void WriteSettings(ref WireWriter writer, RecoverySettings? settings)
    {
        writer.Byte((byte)(settings is null ? Kept.Nothing : settings.KeepsPackets ? Kept.Packets : Kept.NoPackets));
        if (settings is not null)
        {
            writer.Long(settings.KeepSessions);
            writer.Long(settings.KeepEntries);
            writer.Long(settings.WindowBytes);
            writer.Count(settings.MaximumMissed);
        }
    }

    public static RecoverySettings? ReadSettings(ref WireReader reader)
    {
        var kept = (Kept)reader.Byte();
        if (kept > Kept.NoPackets)
        {
            ProtocolException.Throw($"What {(byte)kept} before byte {reader.Position} wants kept for sessions is not known.");
        }
        return kept == Kept.Nothing
            ? null
            : new RecoverySettings(reader.Long(), reader.Long(), reader.Long(), reader.Int(), KeepsPackets: kept == Kept.Packets);
    }

    public static void WriteAnswer(ref WireWriter writer, ClaimAnswer answer)
    {
        writer.Long(answer.Position);
        writer.Byte((byte)answer.Refusal);
        writer.Byte(answer.Session is null ? (byte)0 : (byte)1);
        if (answer.Session is { } session)
        {
            WriteMoved(ref writer, session);
        }
        HistoryCodec.WriteEntries(ref writer, answer.Missed);
    }

    public static ClaimAnswer ReadAnswer(ref WireReader reader)
    {
        return new ClaimAnswer(
            reader.Long(), ReadRefusal(ref reader), reader.Flag() ? ReadMoved(ref reader) : null, HistoryCodec.ReadEntries(ref reader));
    }

    private static ClaimRefusal ReadRefusal(ref WireReader reader)
    {
        var refusal = (ClaimRefusal)reader.Byte();
        if (refusal > ClaimRefusal.TooManyRequests)
        {
            ProtocolException.Throw($"The refusal {(byte)refusal} before byte {reader.Position} is not known.");
        }
        return refusal;
    }

    public static void WriteEnded(ref WireWriter writer, IReadOnlyList<EndedSession> ended)
    {
        writer.Count(ended.Count);
        foreach (var session in ended)
        {
            writer.Socket(session.Socket);
            writer.Text(session.User);
            writer.Block(session.Data.Span);
            writer.Byte((byte)session.Reason);
        }
    }

    public static IReadOnlyList<EndedSession> ReadEnded(ref WireReader reader) => reader.List(
        MinimumEndedBytes, static (ref WireReader r) => new EndedSession(r.Socket(), r.Text(), r.Block(), ReadReason(ref r)));

    private static SessionEnd ReadReason(ref WireReader reader)
    {
        var reason = (SessionEnd)reader.Byte();
        if (reason > SessionEnd.TooMany)
        {
            ProtocolException.Throw($"The end {(byte)reason} of a session before byte {reader.Position} is not known.");
        }
        return reason;
    }

    private static void WriteMoved(ref WireWriter writer, SessionMoved moved)
    {
        writer.Socket(moved.Socket);
        WriteRooms(ref writer, moved.Rooms);
        writer.Block(moved.Data.Span);
        writer.Byte(moved.IsOver ? (byte)1 : (byte)0);
    }

    private static SessionMoved ReadMoved(ref WireReader reader) => new(reader.Socket(), ReadRooms(ref reader), reader.Block(), reader.Flag());

    private static void WriteSecret(ref WireWriter writer, SecretHash secret)
    {
        writer.Fixed(secret.High);
        writer.Fixed(secret.Low);
    }

    private static SecretHash ReadSecret(ref WireReader reader) => new(reader.Fixed(), reader.Fixed());

    private static void WriteOffset(ref WireWriter writer, OrderOffset offset)
    {
        writer.Fixed(offset.Epoch);
        writer.Long(offset.Number);
    }

    private static OrderOffset ReadOffset(ref WireReader reader) => new(reader.Fixed(), reader.Long());

    private static void WriteRooms(ref WireWriter writer, IReadOnlyList<Room> rooms)
    {
        writer.Count(rooms.Count);
        for (var i = 0; i < rooms.Count; i++)
        {
            writer.Room(rooms[i]);
        }
    }

    private static Room[] ReadRooms(ref WireReader reader) => reader.List(MinimumRoomBytes, static (ref WireReader r) => r.Room());

    private static Word TypeOf(SessionWord word) => word switch
    {
        SessionOpened => Word.Opened,
        SessionJoined => Word.Joined,
        SessionLeft => Word.Left,
        SessionData => Word.Data,
        SessionAway => Word.Away,
        SessionEnded => Word.Ended,
        SessionOnce => Word.Once,
        SessionEarlier => Word.Earlier,
        _ => throw new ArgumentException($"{word.GetType()} has no form on the wire.", nameof(word)),
    };
}
