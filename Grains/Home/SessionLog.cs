using System.Runtime.InteropServices;

namespace OrleansAdapter.Grains;

/// <summary>
/// The entries of the last minutes, as far as clients that come back may need them: packets by the rooms and sockets that they were for, and what steered
/// sockets. Bounded in bytes and time. Of what it has dropped it remembers the newest number for each room that a session was in.
/// </summary>
/// <param name="isSocket">Whether a room's name is that of a socket.</param>
/// <param name="find">Finds the session of a socket.</param>
internal sealed class SessionLog(Func<SocketId, bool> isSocket, Func<SocketId, Session?> find)
{
    private readonly Queue<(Entry Entry, long Time)> _entries = new();
    private readonly Dictionary<Room, LogTrack> _rooms = [];

    /// <summary>Of the sockets that something was sent to by their ids, as long as that is here; their sessions remember it longer.</summary>
    private readonly Dictionary<SocketId, LogTrack> _sockets = [];
    private readonly List<Entry> _steering = [];
    private long _forgotten;
    private long _leftOut;

    /// <summary>What it holds, in bytes.</summary>
    public long Bytes { get; private set; }

    public int Count => _entries.Count;

    /// <summary>The oldest number that it still has; <see cref="long.MaxValue"/> for none.</summary>
    public long Oldest => _entries.TryPeek(out var first) ? first.Entry.Number : long.MaxValue;

    /// <summary>When the oldest entry came; null where there is none.</summary>
    public long? OldestTime => _entries.TryPeek(out var first) ? first.Time : null;

    /// <summary>The newest number of what steered sockets that it has dropped.</summary>
    public long SteeringForgotten { get; private set; }

    public static bool Steers(Operation operation) =>
        operation.Kind is OperationKind.SocketsJoin or OperationKind.SocketsLeave or OperationKind.DisconnectSockets;

    /// <summary>Takes an entry, if it is of a kind that matters; a packet only where packets are kept.</summary>
    public void Add(Entry entry, long now, bool keepsPackets = true)
    {
        var operation = entry.Operation;
        if (Steers(operation))
        {
            _steering.Add(entry);
        }
        else if (operation.Kind == OperationKind.Emit && (operation.Target!.Flags & BroadcastFlags.Volatile) == 0)
        {
            if (!keepsPackets)
            {
                _leftOut = entry.Number;
                return;
            }
            foreach (var socket in operation.Target.Sockets)
            {
                TrackOf(socket).Add(entry);
            }
            foreach (var room in operation.Target.Rooms)
            {
                (IsSocket(room) is { } socket ? TrackOf(socket) : TrackOf(room)).Add(entry);
            }
        }
        else
        {
            return;
        }
        _entries.Enqueue((entry, now));
        Bytes += operation.Size;
    }

    /// <summary>Drops what is older than a time, and the oldest beyond so many bytes.</summary>
    public void Trim(long before, long bytes)
    {
        while (_entries.TryPeek(out var first) && (first.Time < before || Bytes > bytes))
        {
            _entries.Dequeue();
            Bytes -= first.Entry.Operation.Size;
            Drop(first.Entry);
        }
    }

    /// <summary>What steered sockets after a number.</summary>
    public IEnumerable<Entry> SteeringAfter(long number)
    {
        var low = FirstAfter(_steering, 0, number);
        for (var i = low; i < _steering.Count; i++)
        {
            yield return _steering[i];
        }
    }

    /// <summary>A session is there from now on. What was sent to its id before, and is not kept, is not known to be nothing.</summary>
    public void Begin(Session session)
    {
        if (!_sockets.ContainsKey(session.Socket))
        {
            session.Forget(_forgotten);
        }
    }

    /// <summary>A session is not there any more.</summary>
    public void End(Session session)
    {
        if (!_sockets.ContainsKey(session.Socket))
        {
            _forgotten = Math.Max(_forgotten, session.ForgottenUpTo);
        }
        for (var i = 0; i < session.StayCount; i++)
        {
            Release(session.StayAt(i).Track);
        }
    }

    /// <summary>What is known of a room. A session that stays there counts as a user; without one it goes with <see cref="RemoveIfUseless"/>.</summary>
    public LogTrack TrackOf(Room room) => CollectionsMarshal.GetValueRefOrAddDefault(_rooms, room, out _) ??= new LogTrack(room, _forgotten);

    /// <summary>The same, only to look at.</summary>
    public LogTrack Peek(Room room) => _rooms.GetValueOrDefault(room) ?? new LogTrack(room, _forgotten);

    /// <summary>A stay of a session is forgotten.</summary>
    public void Release(LogTrack track)
    {
        track.Users--;
        RemoveIfUseless(track);
    }

    /// <summary>What was dropped is not forgotten with the track: a session that is told of late may have been for it.</summary>
    public void RemoveIfUseless(LogTrack track)
    {
        if (track is { Users: 0, IsEmpty: true })
        {
            _rooms.Remove(track.Room);
            _forgotten = Math.Max(_forgotten, track.Forgotten);
        }
    }

    /// <summary>
    /// The packets that were for a session after one number and up to another, in order; null where they are not all known, or are more than
    /// <paramref name="most"/>, which <paramref name="tooMany"/> then tells apart.
    /// </summary>
    public List<Entry>? Missed(Session session, long after, long upTo, int most, out bool tooMany)
    {
        tooMany = false;
        if (after < session.ForgottenUpTo || after < _leftOut)
        {
            return null;
        }
        SortedDictionary<long, Entry> found = [];
        if (_sockets.TryGetValue(session.Socket, out var own) && !own.Take(after, upTo, session, found))
        {
            return null;
        }
        for (var i = 0; i < session.StayCount; i++)
        {
            ref readonly var stay = ref session.StayAt(i);
            var (from, to) = (Math.Max(after, stay.Since), Math.Min(upTo, stay.Until));
            if (from < to && !stay.Track.Take(from, to, session, found))
            {
                return null;
            }
            if (found.Count > most)
            {
                tooMany = true;
                return null;
            }
        }
        tooMany = found.Count > most;
        return tooMany ? null : [.. found.Values];
    }

    private void Drop(Entry entry)
    {
        var operation = entry.Operation;
        if (Steers(operation))
        {
            SteeringForgotten = entry.Number;
            _steering.RemoveAt(0);
            return;
        }
        foreach (var socket in operation.Target!.Sockets)
        {
            Drop(socket, entry.Number);
        }
        foreach (var room in operation.Target.Rooms)
        {
            // Which of the two it counted as, may have changed since.
            if (_rooms.TryGetValue(room, out var track))
            {
                track.Drop(entry.Number);
                RemoveIfUseless(track);
            }
            if (AsSocket(room) is { } socket)
            {
                Drop(socket, entry.Number);
            }
        }
    }

    private void Drop(SocketId socket, long number)
    {
        if (!_sockets.TryGetValue(socket, out var track))
        {
            return;
        }
        track.Drop(number);
        if (!track.IsEmpty)
        {
            return;
        }
        _sockets.Remove(socket);
        if (find(socket) is { } session)
        {
            session.Forget(track.Forgotten);
        }
        else
        {
            _forgotten = Math.Max(_forgotten, track.Forgotten);
        }
    }

    private SocketId? IsSocket(Room room) => AsSocket(room) is { } socket && isSocket(socket) ? socket : null;

    /// <summary>The socket whose id a room's name is; null for none.</summary>
    public static SocketId? AsSocket(Room room) => room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var socket) ? socket : null;

    private LogTrack TrackOf(SocketId socket) => CollectionsMarshal.GetValueRefOrAddDefault(_sockets, socket, out _)
        ??= new LogTrack(default, find(socket)?.ForgottenUpTo ?? _forgotten);

    /// <summary>Where the entries after a number begin.</summary>
    public static int FirstAfter(List<Entry> entries, int from, long number)
    {
        var (low, high) = (from, entries.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = entries[middle].Number <= number ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
