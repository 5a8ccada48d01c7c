namespace OrleansAdapter.Grains;

/// <summary>What a client may come back to: a socket that outlives its connection, with the rooms it was in and since which number (RECOVERY.md).</summary>
internal sealed class Session(SocketId socket, SecretHash secret, string user)
{
    private const int ManyStays = 1024;

    private readonly List<Stay> _stays = new(2);
    private string? _name;

    public SocketId Socket { get; } = socket;

    public SecretHash Secret { get; } = secret;

    public string User { get; } = user;

    /// <summary>The life that holds the socket; none while the client is away.</summary>
    public ServerId Holder { get; set; }

    /// <summary>The number of the claim by which it is held; 0 where the client never came back.</summary>
    public long Claim { get; set; }

    /// <summary>The number from which on the client is to get what is for it.</summary>
    public required long First { get; init; }

    /// <summary>Whether the session is as old as the home before this one.</summary>
    public required bool IsReopened { get; init; }

    /// <summary>The place of the last thing that was sent to the client…</summary>
    public OrderOffset LastSent { get; set; }

    /// <summary>… when its holder had handled everything up to here.</summary>
    public long KnownAt { get; set; }

    /// <summary>What was for it up to here is not known any more.</summary>
    public long ForgottenUpTo { get; set; }

    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>When it went away; meaningless while it is held.</summary>
    public long AwaySince { get; set; }

    /// <summary>When its last claims were, newest last; null before the first.</summary>
    public Queue<long>? Claims { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Who held it before the claim that is being decided.</summary>
    public ServerId Left { get; set; }

    /// <summary>Its stays in rooms, those that have ended too.</summary>
    public IReadOnlyList<Stay> Stays => _stays;

    /// <summary>The rooms it is in now.</summary>
    public Room[] Rooms => [.. _stays.Where(stay => stay.Lasts).Select(stay => stay.Room)];

    /// <summary>Its holder says what was sent last; where it cannot tell, what an earlier one said stands.</summary>
    public void TellLastSent(OrderOffset lastSent, long asOf)
    {
        if (!lastSent.IsUnknown)
        {
            (LastSent, KnownAt) = (lastSent, asOf);
        }
    }

    /// <summary>Whether it was in a room when an entry with this number was made.</summary>
    public bool IsIn(Room room, long number)
    {
        foreach (var stay in _stays)
        {
            if (stay.Covers(number) && stay.Room == room)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether an entry with this number was for it.</summary>
    public bool IsTarget(BroadcastTarget target, long number) =>
        Matches(target.SocketArray, target.RoomArray, number) && !Matches(target.ExceptSocketArray, target.ExceptRoomArray, number);

    /// <summary>It gets what is for the room from a number on. Null where it does already, or has done since.</summary>
    public Stay? Join(Room room, long since)
    {
        foreach (var stay in _stays)
        {
            if (stay.Room == room && (stay.Lasts || stay.Since >= since || stay.Covers(since)))
            {
                return null;
            }
        }
        var added = new Stay(room, since);
        _stays.Add(added);
        return added;
    }

    /// <summary>A word of its holder that it joined; a stay that ended at the same number has ended before.</summary>
    public Stay? JoinAgain(Room room, long since)
    {
        foreach (var stay in _stays)
        {
            if (stay.Room == room && stay.Lasts)
            {
                return null;
            }
        }
        var added = new Stay(room, since);
        _stays.Add(added);
        return added;
    }

    /// <summary>An entry that steers sockets finds it: false where that disconnects it.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="joined">Gets the rooms that it is in from now on.</param>
    public bool Steer(Entry entry, List<Room> joined)
    {
        var operation = entry.Operation;
        if (!IsTarget(operation.Target!, entry.Number))
        {
            return true;
        }
        switch (operation.Kind)
        {
            case OperationKind.SocketsJoin:
                foreach (var room in operation.Rooms)
                {
                    if (Join(room, entry.Number) is not null)
                    {
                        joined.Add(room);
                    }
                }
                return true;
            case OperationKind.SocketsLeave:
                foreach (var room in operation.Rooms)
                {
                    LeaveAt(room, entry.Number);
                }
                return true;
            default:
                return false;
        }
    }

    /// <summary>Another one with the same stays, to see what would become of it.</summary>
    public Session Copy()
    {
        var copy = new Session(Socket, Secret, User) { First = First, IsReopened = IsReopened, ForgottenUpTo = ForgottenUpTo };
        copy._stays.AddRange(_stays.Select(stay => new Stay(stay.Room, stay.Since) { Until = stay.Until }));
        return copy;
    }

    /// <summary>It gets what is for the room up to a number.</summary>
    public void Leave(Room room, long until)
    {
        foreach (var stay in _stays)
        {
            if (stay.Room == room && stay.Lasts)
            {
                stay.Until = until;
            }
        }
    }

    /// <summary>An entry with this number made it leave the room; what it joined later stays.</summary>
    public void LeaveAt(Room room, long number)
    {
        foreach (var stay in _stays)
        {
            if (stay.Room == room && stay.Covers(number))
            {
                stay.Until = number;
            }
        }
    }

    /// <summary>Forgets stays that ended before a number, or the oldest where there are too many. Returns those.</summary>
    public IReadOnlyList<Stay> Prune(long endedBefore)
    {
        List<Stay>? gone = null;
        var ended = _stays.Count(stay => !stay.Lasts);
        for (var i = 0; i < _stays.Count;)
        {
            var stay = _stays[i];
            if (!stay.Lasts && (stay.Until < endedBefore || ended > ManyStays))
            {
                (gone ??= []).Add(stay);
                _stays.RemoveAt(i);
                ended--;
            }
            else
            {
                i++;
            }
        }
        return gone ?? (IReadOnlyList<Stay>)[];
    }

    private bool Matches(SocketId[] sockets, Room[] rooms, long number)
    {
        if (Array.IndexOf(sockets, Socket) >= 0)
        {
            return true;
        }
        foreach (var room in rooms)
        {
            if (IsMe(room) || IsIn(room, number))
            {
                return true;
            }
        }
        return false;
    }

    private bool IsMe(Room room) => room.Kind == RoomKind.Room && room.Name.Length == SocketId.TextLength && room.Name == (_name ??= Socket.ToString());
}

/// <summary>A stay of a session in a room: it gets what has a number above <see cref="Since"/>, up to <see cref="Until"/>.</summary>
internal sealed class Stay(Room room, long since)
{
    public Room Room { get; } = room;

    public long Since { get; } = since;

    public long Until { get; set; } = long.MaxValue;

    public bool Lasts => Until == long.MaxValue;

    public bool Covers(long number) => number > Since && number <= Until;
}
