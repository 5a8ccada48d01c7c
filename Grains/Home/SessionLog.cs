using System.Runtime.InteropServices;

namespace OrleansAdapter.Grains;

/// <summary>
/// The entries of the last minutes, as far as clients that come back may need them: packets by the rooms and sockets that they were for, and what steered
/// sockets. Bounded in bytes and time. Of what it has dropped it remembers the newest number for each room that a session was in.
/// </summary>
internal sealed class SessionLog(Func<SocketId, bool> isSocket)
{
    private readonly Queue<(Entry Entry, long Time)> _entries = new();
    private readonly Dictionary<Room, Track> _rooms = [];
    private readonly Dictionary<SocketId, Track> _sockets = [];
    private readonly List<Entry> _steering = [];
    private long _forgotten;

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

    /// <summary>Takes an entry, if it is of a kind that matters.</summary>
    public void Add(Entry entry, long now)
    {
        var operation = entry.Operation;
        if (Steers(operation))
        {
            _steering.Add(entry);
        }
        else if (operation.Kind == OperationKind.Emit && (operation.Target!.Flags & BroadcastFlags.Volatile) == 0)
        {
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

    /// <summary>A session begins or ceases to depend on what is remembered of a room.</summary>
    public void Use(Room room, int change)
    {
        var track = TrackOf(room);
        track.Users += change;
        RemoveIfUseless(_rooms, room, track);
    }

    /// <summary>The same for a session's own id.</summary>
    public void Use(SocketId socket, int change)
    {
        var track = TrackOf(socket);
        track.Users += change;
        RemoveIfUseless(_sockets, socket, track);
    }

    /// <summary>The newest number that was dropped for a room.</summary>
    public long ForgottenOf(Room room) => _rooms.TryGetValue(room, out var track) ? track.Forgotten : _forgotten;

    /// <summary>
    /// The packets that were for a session after one number and up to another, in order; null where they are not all known, or are more than
    /// <paramref name="most"/>, which <paramref name="tooMany"/> then tells apart.
    /// </summary>
    public List<Entry>? Missed(Session session, long after, long upTo, int most, out bool tooMany)
    {
        tooMany = false;
        if (after < session.ForgottenUpTo)
        {
            return null;
        }
        SortedDictionary<long, Entry> found = [];
        if (_sockets.TryGetValue(session.Socket, out var own) && !own.Take(after, upTo, session, found))
        {
            return null;
        }
        foreach (var stay in session.Stays)
        {
            var (from, to) = (Math.Max(after, stay.Since), Math.Min(upTo, stay.Until));
            if (from < to && !(_rooms.TryGetValue(stay.Room, out var track) ? track.Take(from, to, session, found) : _forgotten <= from))
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
            Drop(_sockets, socket, entry.Number);
        }
        foreach (var room in operation.Target.Rooms)
        {
            // Which of the two it counted as, may have changed since.
            Drop(_rooms, room, entry.Number);
            if (AsSocket(room) is { } socket)
            {
                Drop(_sockets, socket, entry.Number);
            }
        }
    }

    private void Drop<TKey>(Dictionary<TKey, Track> tracks, TKey key, long number)
        where TKey : notnull
    {
        if (tracks.TryGetValue(key, out var track))
        {
            track.Drop(number);
            RemoveIfUseless(tracks, key, track);
        }
    }

    /// <summary>What was dropped is not forgotten with the track: a session that is told of late may have been for it.</summary>
    private void RemoveIfUseless<TKey>(Dictionary<TKey, Track> tracks, TKey key, Track track)
        where TKey : notnull
    {
        if (track.IsUseless)
        {
            tracks.Remove(key);
            _forgotten = Math.Max(_forgotten, track.Forgotten);
        }
    }

    private SocketId? IsSocket(Room room) => AsSocket(room) is { } socket && isSocket(socket) ? socket : null;

    private static SocketId? AsSocket(Room room) => room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var socket) ? socket : null;

    private Track TrackOf(Room room) => CollectionsMarshal.GetValueRefOrAddDefault(_rooms, room, out _) ??= new Track(_forgotten);

    private Track TrackOf(SocketId socket) => CollectionsMarshal.GetValueRefOrAddDefault(_sockets, socket, out _) ??= new Track(_forgotten);

    private static int FirstAfter(List<Entry> entries, int from, long number)
    {
        var (low, high) = (from, entries.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = entries[middle].Number <= number ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    /// <summary>What the log has for one room, or one socket.</summary>
    private sealed class Track(long forgotten)
    {
        private readonly List<Entry> _entries = [];
        private int _head;

        /// <summary>How many sessions depend on it.</summary>
        public int Users { get; set; }

        /// <summary>The newest number that was dropped.</summary>
        public long Forgotten { get; private set; } = forgotten;

        public bool IsUseless => Users == 0 && _head == _entries.Count;

        public void Add(Entry entry)
        {
            if (_head == _entries.Count || _entries[^1].Number != entry.Number)
            {
                _entries.Add(entry);
            }
        }

        public void Drop(long number)
        {
            if (_head < _entries.Count && _entries[_head].Number == number)
            {
                _entries[_head++] = null!;
                Forgotten = number;
                if (_head > 32 && _head > _entries.Count / 2)
                {
                    _entries.RemoveRange(0, _head);
                    _head = 0;
                }
            }
        }

        /// <summary>Adds what was for the session; false where some of it may have been dropped.</summary>
        public bool Take(long after, long upTo, Session session, SortedDictionary<long, Entry> found)
        {
            if (Forgotten > after)
            {
                return false;
            }
            for (var i = FirstAfter(_entries, _head, after); i < _entries.Count && _entries[i].Number <= upTo; i++)
            {
                if (session.IsTarget(_entries[i].Operation.Target!, _entries[i].Number))
                {
                    found[_entries[i].Number] = _entries[i];
                }
            }
            return true;
        }
    }
}
