using System.Runtime.InteropServices;

namespace OrleansAdapter.Grains;

/// <summary>Which lives have members of which room, and which will have because a remote join is on its way to them.</summary>
internal sealed class RoomTable
{
    private readonly Dictionary<Room, List<Membership>> _rooms = [];

    public int Count => _rooms.Count;

    public IEnumerable<Room> Rooms => _rooms.Keys;

    /// <summary>How many memberships were looked at: what tests count.</summary>
    public long Steps { get; private set; }

    /// <summary>The memberships of a room; empty for a room nobody is in. Valid until the table changes.</summary>
    public ReadOnlySpan<Membership> Of(Room room)
    {
        var memberships = _rooms.TryGetValue(room, out var known) ? CollectionsMarshal.AsSpan(known) : default;
        Steps += memberships.Length;
        return memberships;
    }

    /// <summary>
    /// Records what a life says of its own membership (PROTOCOL.md, H7). What it said before it saw a pending remote join does not settle that join.
    /// </summary>
    /// <param name="room">The room.</param>
    /// <param name="life">The life.</param>
    /// <param name="member">Whether it has members there.</param>
    /// <param name="asOf">The last number it had handled when it said so.</param>
    /// <param name="number">The number that its message was given.</param>
    public void SetMember(Room room, Life life, bool member, long asOf, long number)
    {
        var record = Find(room, life);
        if (record is null)
        {
            if (member)
            {
                Add(room, life, number).IsMember = true;
            }
            return;
        }
        record.IsMember = member;
        if (asOf >= record.Pending)
        {
            record.Pending = 0;
        }
        if (!record.IsMember && record.Pending == 0)
        {
            life.Rooms.Remove(room);
            Delete(room, record);
        }
    }

    /// <summary>A remote join with this number is in the life's mailbox (PROTOCOL.md, H6): counts as membership from now on.</summary>
    public void SetPending(Room room, Life life, long number) => (Find(room, life) ?? Add(room, life, number)).Pending = number;

    /// <summary>The number from which on the life gets what is for the room; null where it does not.</summary>
    public static long? Since(Room room, Life life) => Find(room, life)?.Since;

    /// <summary>Forgets a life in every room.</summary>
    public void Remove(Life life)
    {
        foreach (var (room, record) in life.Rooms)
        {
            Delete(room, record);
        }
        life.Rooms.Clear();
    }

    private static Membership? Find(Room room, Life life) => life.Rooms.GetValueOrDefault(room);

    private Membership Add(Room room, Life life, long number)
    {
        ref var memberships = ref CollectionsMarshal.GetValueRefOrAddDefault(_rooms, room, out _);
        memberships ??= new List<Membership>(1);
        var record = new Membership(life, number) { Index = memberships.Count };
        memberships.Add(record);
        life.Rooms.Add(room, record);
        return record;
    }

    /// <summary>The last of the room's records takes the place of this one.</summary>
    private void Delete(Room room, Membership record)
    {
        var memberships = _rooms[room];
        var last = memberships[^1];
        memberships[record.Index] = last;
        last.Index = record.Index;
        memberships.RemoveAt(memberships.Count - 1);
        if (memberships.Count == 0)
        {
            _rooms.Remove(room);
        }
    }

    /// <summary>One life in one room. The record is dropped when neither is left.</summary>
    internal sealed class Membership(Life life, long since)
    {
        public Life Life { get; } = life;

        /// <summary>The number from which on the life gets what is for the room.</summary>
        public long Since { get; } = since;

        /// <summary>Its place among the records of the room.</summary>
        public int Index { get; set; }

        /// <summary>The life says that it has members.</summary>
        public bool IsMember { get; set; }

        /// <summary>The number of the newest remote join that the life has not answered yet; 0 for none.</summary>
        public long Pending { get; set; }
    }
}
