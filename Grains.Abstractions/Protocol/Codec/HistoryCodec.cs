namespace OrleansAdapter.Protocol;

/// <summary>Encodes a <see cref="History"/>, and the lists of entries and lives that messages of a home have, too.</summary>
internal static class HistoryCodec
{
    private const int ServerBytes = 6;
    private const int MinimumEntryBytes = 3 + ServerBytes + OperationCodec.MinimumBytes;
    private const int MinimumOutboxBytes = 3 + OperationCodec.MinimumBytes;
    private const int MinimumRoomBytes = 2;
    private const int MinimumSeenBytes = 1 + ServerBytes;
    private const int MinimumPastBytes = 9;

    public static void Write(ref WireWriter writer, History history)
    {
        writer.Fixed(history.Epoch);
        writer.Long(history.Handled);
        writer.Long(history.Number);
        writer.Long(history.ListVersion);
        WriteLives(ref writer, history.List);
        writer.Long(history.LastPosition);
        WriteEntries(ref writer, history.Retained);
        writer.Count(history.Outbox.Count);
        foreach (var item in history.Outbox)
        {
            writer.Long(item.Position);
            writer.Long(item.Number);
            writer.Long(item.Run);
            OperationCodec.Write(ref writer, item.Operation);
        }
        writer.Count(history.Rooms.Count);
        foreach (var room in history.Rooms)
        {
            writer.Room(room);
        }
        writer.Count(history.Seen.Count);
        foreach (var seen in history.Seen)
        {
            writer.Server(seen.Publisher);
            writer.Long(seen.Position);
        }
        WriteMoved(ref writer, history.Moved);
        writer.Long(history.Doubt);
        writer.Long(history.Unheard);
        WritePast(ref writer, history.Past);
        writer.Long(history.Removed);
    }

    public static void WritePast(ref WireWriter writer, IReadOnlyList<PastEpoch> epochs)
    {
        writer.Count(epochs.Count);
        for (var i = 0; i < epochs.Count; i++)
        {
            writer.Fixed(epochs[i].Epoch);
            writer.Long(epochs[i].Last);
        }
    }

    public static IReadOnlyList<PastEpoch> ReadPast(ref WireReader reader) =>
        reader.List(MinimumPastBytes, static (ref WireReader r) => new PastEpoch(r.Fixed(), r.Long()));

    public static void WriteMoved(ref WireWriter writer, IReadOnlyList<MovedSocket> sockets)
    {
        writer.Count(sockets.Count);
        foreach (var moved in sockets)
        {
            writer.Socket(moved.Socket);
            writer.Long(moved.Claim);
        }
    }

    public static IReadOnlyList<MovedSocket> ReadMoved(ref WireReader reader) =>
        reader.List(SocketId.ByteLength + 1, static (ref WireReader r) => new MovedSocket(r.Socket(), r.Long()));

    public static History Read(ref WireReader reader) => new()
    {
        Epoch = reader.Fixed(),
        Handled = reader.Long(),
        Number = reader.Long(),
        ListVersion = reader.Long(),
        List = ReadLives(ref reader),
        LastPosition = reader.Long(),
        Retained = ReadEntries(ref reader),
        Outbox = reader.List(MinimumOutboxBytes, static (ref WireReader r) => ReadOutboxItem(ref r)),
        Rooms = reader.List(MinimumRoomBytes, static (ref WireReader r) => r.Room()),
        Seen = reader.List(MinimumSeenBytes, static (ref WireReader r) => new SeenPosition(r.Server(), r.Long())),
        Moved = ReadMoved(ref reader),
        Doubt = reader.Long(),
        Unheard = reader.Long(),
        Past = ReadPast(ref reader),
        Removed = reader.Long(),
    };

    public static void WriteEntries(ref WireWriter writer, IReadOnlyList<Entry> entries)
    {
        writer.Count(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            writer.Long(entry.Number);
            writer.Server(entry.Publisher);
            writer.Long(entry.Position);
            writer.Long(entry.Run);
            OperationCodec.Write(ref writer, entry.Operation);
        }
    }

    public static Entry[] ReadEntries(ref WireReader reader) => reader.List(
        MinimumEntryBytes,
        static (ref WireReader r) => new Entry(r.Long(), r.Server(), r.Long(), r.Long(), OperationCodec.Read(ref r)));

    public static void WriteLives(ref WireWriter writer, IReadOnlyList<ServerId> lives)
    {
        writer.Count(lives.Count);
        for (var i = 0; i < lives.Count; i++)
        {
            writer.Server(lives[i]);
        }
    }

    public static ServerId[] ReadLives(ref WireReader reader) => reader.List(ServerBytes, static (ref WireReader r) => r.Server());

    private static OutboxItem ReadOutboxItem(ref WireReader reader)
    {
        var position = reader.Long();
        var number = reader.Long();
        var run = reader.Long();
        return new OutboxItem(position, OperationCodec.Read(ref reader), number, run);
    }
}
