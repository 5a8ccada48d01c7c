namespace OrleansAdapter.Namespaces;

/// <summary>
/// The packets of the last minutes that were for sockets of this server, and who joined or left a room between them: the proof of what was for a socket where
/// the directory, which knows it as long as it lives, has been lost (PROTOCOL.md, S11). Bounded in bytes and time.
/// </summary>
internal sealed class PacketWindow
{
    private const int Overhead = 96;

    private readonly List<Item> _items = [];
    private int _first;

    /// <summary>What it holds, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Of what has a number up to this one, some is gone.</summary>
    public long Forgotten { get; private set; }

    /// <summary>A packet was for some socket of this server.</summary>
    public void Add(Entry entry, long now) => Add(new Item(entry.Number, now, entry, default, default, false));

    /// <summary>A client that came back was given a packet that it had missed.</summary>
    public void Given(SocketId socket, Entry entry, long number, long now) => Add(new Item(number, now, entry, socket, default, false));

    /// <summary>A socket joined or left a room, when this server had handled everything up to a number.</summary>
    public void Changed(SocketId socket, Room room, bool joined, long number, long now) => Add(new Item(number, now, null, socket, room, joined));

    /// <summary>Drops what is older than a time, and the oldest beyond so many bytes.</summary>
    public void Trim(long before, long bytes)
    {
        for (; _first < _items.Count && (_items[_first].Time < before || Bytes > bytes); _first++)
        {
            Bytes -= _items[_first].Size;
            Forgotten = _items[_first].Number;
            _items[_first] = default;
        }
        if (_first > 64 && _first > _items.Count / 2)
        {
            _items.RemoveRange(0, _first);
            _first = 0;
        }
    }

    public void Clear()
    {
        _items.Clear();
        (_first, Bytes, Forgotten) = (0, 0, 0);
    }

    /// <summary>The packets that have these numbers, which ascend; null where one is not here any more.</summary>
    public List<Entry>? Take(IEnumerable<long> numbers)
    {
        List<Entry> found = [];
        foreach (var number in numbers)
        {
            var i = FirstAfter(number - 1);
            while (i < _items.Count && _items[i].Number == number && _items[i].Entry?.Number != number)
            {
                i++;
            }
            if (i == _items.Count || _items[i].Entry is not { } entry || entry.Number != number)
            {
                return null;
            }
            found.Add(entry);
        }
        return found;
    }

    /// <summary>
    /// The packets that were for a socket after one number and up to another, in order, found back from the rooms that it is in now; null where some of them
    /// may be gone.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="behind">What this server had handled up to here does not count: the socket was not here, or nothing of it is asked for.</param>
    /// <param name="after">Behind which number.</param>
    /// <param name="upTo">Up to which number.</param>
    public List<Entry>? Take(LocalSocket socket, long behind, long after, long upTo)
    {
        if (behind < Forgotten)
        {
            return null;
        }
        HashSet<Room> rooms = [Room.Named(socket.Id.ToString()), .. socket.Memberships.All.Select(membership => membership.Room.Key)];
        List<Entry> found = [];
        for (var i = _items.Count - 1; i >= _first && _items[i].Number > behind; i--)
        {
            var item = _items[i];
            if (item.Entry is { } entry)
            {
                var isFor = item.Socket.IsNone ? IsFor(entry.Operation.Target!, socket.Id, rooms) : item.Socket == socket.Id;
                if (isFor && entry.Number > after && entry.Number <= upTo)
                {
                    found.Add(entry);
                }
            }
            else if (item.Socket == socket.Id && item.Joined)
            {
                rooms.Remove(item.Room);
            }
            else if (item.Socket == socket.Id)
            {
                rooms.Add(item.Room);
            }
        }
        found.Sort(static (one, other) => one.Number.CompareTo(other.Number));
        return found;
    }

    private static bool IsFor(BroadcastTarget target, SocketId socket, HashSet<Room> rooms) =>
        (target.Sockets.Contains(socket) || IsInAny(target.Rooms, rooms))
        && !target.ExceptSockets.Contains(socket) && !IsInAny(target.ExceptRooms, rooms);

    private static bool IsInAny(ReadOnlySpan<Room> any, HashSet<Room> rooms)
    {
        foreach (var room in any)
        {
            if (rooms.Contains(room))
            {
                return true;
            }
        }
        return false;
    }

    private void Add(Item item)
    {
        _items.Add(item);
        Bytes += item.Size;
    }

    private int FirstAfter(long number)
    {
        var (low, high) = (_first, _items.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _items[middle].Number <= number ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    /// <summary>A packet, for the socket alone where there is one; or, without a packet, that the socket joined or left a room.</summary>
    private readonly record struct Item(long Number, long Time, Entry? Entry, SocketId Socket, Room Room, bool Joined)
    {
        public long Size => Overhead + (Entry?.Operation.Size ?? (2 * Room.Name.Length));
    }
}
