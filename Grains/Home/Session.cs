namespace OrleansAdapter.Grains;

/// <summary>
/// What a client may come back to: a socket that outlives its connection, with the rooms it was in and since which number (RECOVERY.md). There is one for
/// each connection, so each field counts: docs/PERFORMANCE.md has what it takes.
/// </summary>
internal sealed class Session(SocketId socket, SecretHash secret, string user)
{
    private const int ManyStays = 1024;

    private StayList _stays;
    private SessionTrail? _trail;

    public SocketId Socket { get; } = socket;

    /// <summary>What its client has to prove. The index of sessions changes it.</summary>
    public SecretHash Secret { get; set; } = secret;

    public string User { get; } = user;

    /// <summary>The life that holds the socket; none where the client is away, and no life keeps what is for it.</summary>
    public ServerId Holder { get; set; }

    /// <summary>The number of the claim by which it is held; 0 where the client never came back.</summary>
    public long Claim => _trail?.Claim ?? 0;

    /// <summary>The number from which on the client is to get what is for it.</summary>
    public required long First { get; init; }

    /// <summary>Whether the session is as old as the home before this one.</summary>
    public required bool IsReopened { get; init; }

    /// <summary>Whether nobody can tell that the life which told of it is the last one that held it.</summary>
    public bool IsUnproved { get; init; }

    /// <summary>What was for it up to here is not known any more.</summary>
    public long ForgottenUpTo { get; private set; }

    /// <summary>What the application keeps with it; null for nothing.</summary>
    public byte[]? Data { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>What most sessions do without.</summary>
    public SessionTrail Trail => _trail ??= new SessionTrail { KnownAt = First };

    /// <summary>The place of the last thing that was sent to the client, as far as it was told.</summary>
    public OrderOffset LastSent => _trail?.LastSent ?? default;

    /// <summary>Up to where its holder had handled everything when that was the last thing.</summary>
    public long KnownAt => _trail?.KnownAt ?? First;

    /// <summary>The life that held it before its client went away.</summary>
    public ServerId LastHolder => _trail?.LastHolder ?? default;

    /// <summary>Its place among those whose clients are away; null while its client is connected.</summary>
    public LinkedListNode<Session>? AwayNode => _trail?.AwayNode;

    /// <summary>Whether its client is away; a life may hold it all the same.</summary>
    public bool IsAway => AwayNode is not null;

    /// <summary>What was for its client before this home began, as far as its holder has told; null where it has not.</summary>
    public EarlierEntries? Earlier => _trail?.Recall?.Earlier;

    /// <summary>How many stays it has, those that have ended too.</summary>
    public int StayCount => _stays.Count;

    /// <summary>The rooms it is in now.</summary>
    public Room[] Rooms
    {
        get
        {
            var rooms = new List<Room>(_stays.Count);
            for (var i = 0; i < _stays.Count; i++)
            {
                if (_stays[i].Lasts)
                {
                    rooms.Add(_stays[i].Room);
                }
            }
            return [.. rooms];
        }
    }

    /// <summary>One of its stays.</summary>
    public ref readonly Stay StayAt(int index) => ref _stays[index];

    /// <summary>Its holder says what was sent last; where it cannot tell, what an earlier one said stands.</summary>
    public void TellLastSent(OrderOffset lastSent, long asOf)
    {
        if (!lastSent.IsUnknown)
        {
            (Trail.LastSent, Trail.KnownAt) = (lastSent, asOf);
        }
    }

    /// <summary>What was for it up to a number is not known any more.</summary>
    public void Forget(long number) => ForgottenUpTo = Math.Max(ForgottenUpTo, number);

    /// <summary>Whether it was in a room when an entry with this number was made.</summary>
    public bool IsIn(Room room, long number)
    {
        for (var i = 0; i < _stays.Count; i++)
        {
            ref var stay = ref _stays[i];
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

    /// <summary>It gets what is for the room from a number on. False where it does already, or has done since.</summary>
    public bool Join(LogTrack track, long since)
    {
        for (var i = 0; i < _stays.Count; i++)
        {
            ref var stay = ref _stays[i];
            if (stay.Room == track.Room && (stay.Lasts || stay.Since >= since || stay.Covers(since)))
            {
                return false;
            }
        }
        _stays.Add(new Stay(track, since));
        return true;
    }

    /// <summary>A word of its holder that it joined; a stay that ended at the same number has ended before. False where it is in the room.</summary>
    public bool JoinAgain(LogTrack track, long since)
    {
        for (var i = 0; i < _stays.Count; i++)
        {
            if (_stays[i].Room == track.Room && _stays[i].Lasts)
            {
                return false;
            }
        }
        _stays.Add(new Stay(track, since));
        return true;
    }

    /// <summary>Another one with the same stays, to see what would become of it.</summary>
    public Session Copy() =>
        new(Socket, Secret, User) { First = First, IsReopened = IsReopened, ForgottenUpTo = ForgottenUpTo, _stays = _stays.Copy(), _trail = _trail };

    /// <summary>It gets what is for the room up to a number.</summary>
    public void Leave(Room room, long until)
    {
        for (var i = 0; i < _stays.Count; i++)
        {
            ref var stay = ref _stays[i];
            if (stay.Lasts && stay.Room == room)
            {
                stay.Until = until;
            }
        }
    }

    /// <summary>An entry with this number made it leave the room; what it joined later stays.</summary>
    public void LeaveAt(Room room, long number)
    {
        for (var i = 0; i < _stays.Count; i++)
        {
            ref var stay = ref _stays[i];
            if (stay.Covers(number) && stay.Room == room)
            {
                stay.Until = number;
            }
        }
    }

    /// <summary>Forgets stays that ended before a number, or the oldest where there are too many. Returns those.</summary>
    public IReadOnlyList<Stay> Prune(long endedBefore)
    {
        List<Stay>? gone = null;
        var ended = 0;
        for (var i = 0; i < _stays.Count; i++)
        {
            ended += _stays[i].Lasts ? 0 : 1;
        }
        for (var i = 0; ended > 0 && i < _stays.Count;)
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

    private bool IsMe(Room room) => SessionLog.AsSocket(room) is { } socket && socket == Socket;
}
