namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// R6, R7, R10: a client that came back saw exactly what it would have seen without the break, each once and in the one order; one that was refused was told,
/// and had seen everything up to there.
/// </summary>
internal sealed class SessionCheck(Recording recording)
{
    private readonly HashSet<Room> _joinedFromElsewhere = Rooms(recording, OperationKind.SocketsJoin);
    private readonly HashSet<Room> _leftFromElsewhere = Rooms(recording, OperationKind.SocketsLeave);

    public void Check()
    {
        foreach (var client in recording.Clients)
        {
            CheckLateHome(client);
            CheckComplete(client);
            CheckNotTooMuch(client);
        }
    }

    /// <summary>The rooms that a socket is restored with.</summary>
    public static void CheckRooms(Recording recording, SimulatedClient client, ClaimTry asked, SimulatedSocket socket)
    {
        if (!socket.Rooms.Contains(Room.Everyone) || (client.User is { } user && !socket.Rooms.Contains(Room.OfUser(user))))
        {
            throw new ViolationException($"R17: {client} came back and is not in its first rooms");
        }
        var left = Rooms(recording, OperationKind.SocketsLeave);
        var joined = Rooms(recording, OperationKind.SocketsJoin);
        foreach (var (room, moment) in client.Confirmations)
        {
            if (moment < asked.Invoked && !client.EverLeft.Contains(room) && !left.Contains(room) && !socket.Rooms.Contains(room))
            {
                throw new ViolationException($"R17: {client} came back and is not in {room}, which it had joined");
            }
        }
        foreach (var (room, moment) in client.Leaves)
        {
            if (moment < asked.Invoked && !joined.Contains(room) && socket.Rooms.Contains(room))
            {
                throw new ViolationException($"R17: {client} came back and is in {room}, which it had left");
            }
        }
        recording.Count("restored rooms checked");
    }

    /// <summary>Where nothing but connections fails, everybody comes back.</summary>
    public static void CheckRefusal(SimulatedCluster cluster, ClaimTry asked, ClaimRefusal refusal)
    {
        var settings = cluster.Settings;
        if (settings.Faults == FaultClass.NetworkOnly
            && settings.Links.InOrder
            && settings.HasAmpleWindow
            && !cluster.Recording.Publishes.Exists(p => p.Operation.Kind == OperationKind.DisconnectSockets)
            && !asked.Client.WasMadeToLeave
            && !asked.Client.CameEarly
            && !asked.Client.HasAskedTwice && !cluster.Recording.Counts.ContainsKey("session refused: TooManyClaims"))
        {
            throw new ViolationException($"R13: {asked.Client} was refused without a reason: {refusal}");
        }
    }

    /// <summary>Nobody makes places up here: one that is older than the session says that nothing was received since that began.</summary>
    public static void CheckOffset(Recording recording, ClaimTry asked, ClaimRefusal refusal)
    {
        var client = asked.Client;
        if (refusal == ClaimRefusal.BadOffset && client.ConnectedIn == asked.AskedIn && asked.Offset.Epoch < asked.AskedIn
            && client.HandledBefore > (recording.Past.GetValueOrDefault(asked.AskedIn, []) is [.., var last] ? last.Last : -1))
        {
            throw new ViolationException($"R12: {client} was refused for a place that it had been told of before its session began: {asked.Offset}");
        }
    }

    /// <summary>R15: where no server was lost, and nothing of what they keep, everybody comes back, however often the directory died.</summary>
    public static void CheckRefusalOfSurvivor(SimulatedCluster cluster, ClaimTry asked, ClaimRefusal refusal)
    {
        var (settings, recording) = (cluster.Settings, cluster.Recording);
        if (settings.Faults is not (FaultClass.DirectoryKilled or FaultClass.DirectoryKilledAgainAndAgain or FaultClass.DirectoryKilledAsItOpens)
            || !settings.HasAmpleWindow
            || settings.OperationsTimeOut
            || recording.AnyFenced
            || recording.Counts.Keys.Any(what => what.StartsWith("removed:", StringComparison.Ordinal))
            || recording.Publishes.Exists(p => p.Operation.Kind == OperationKind.DisconnectSockets)
            || recording.Clients.Exists(client => client.HasAskedTwice)
            || asked.Client.WasMadeToLeave
            || asked.Client.CameEarly
            || (asked.Client.IsOfHub && asked.MayHaveBeenGranted)
            || refusal == ClaimRefusal.TooManyClaims)
        {
            return;
        }
        throw new ViolationException($"R15: {asked.Client} was refused though all servers are there: {refusal}");
    }

    /// <summary>
    /// Who was given something by a home that had been superseded gets nothing of another order as if it went on ("not promised", 7): only what a home gives
    /// that goes on from that one, as it was followed in the end.
    /// </summary>
    private void CheckLateHome(SimulatedClient client)
    {
        var late = client.Received.FindIndex(received => recording.OpenedLate.Contains(received.Offset.Epoch));
        if (late < 0)
        {
            return;
        }
        var epoch = client.Received[late].Offset.Epoch;
        var last = client.Received.FindLast(received => received.Offset.Epoch == epoch).Offset.Number;
        var others = client.Received.Skip(late).Where(received => received.Offset.Epoch != epoch && !IsContinued(received.Offset.Epoch));
        if (others.FirstOrDefault() is { Publish: { } next })
        {
            throw new ViolationException($"R10: {client} was given something by a home that had been superseded, and then {next} as if nothing was");
        }

        bool IsContinued(long by) => recording.Past.TryGetValue(by, out var past) && past.Any(before => before.Epoch == epoch && last <= before.Last);
    }

    private void CheckComplete(SimulatedClient client)
    {
        if (client.IsExempt || client.Confirmed is not { } confirmed || client.Holders.Any(life => recording.Life(life).Forgotten is not null))
        {
            return;
        }
        // Of what came behind the last thing it got, an ended client has no right to anything.
        var isGone = client.HasEnded || client.Socket is null;
        var last = isGone ? OrderCheck.Counted(client, recording).LastOrDefault() : null;
        if (isGone && last is null)
        {
            return;
        }
        foreach (var publish in recording.Publishes)
        {
            if (publish is { Success: not null, IsExempt: false, Operation.Kind: OperationKind.Emit }
                && publish.HomeNumber > 0
                && (last is null || (publish.HomeNumber < last.HomeNumber && publish.HomeEpoch == last.HomeEpoch))
                && publish.Invoked > confirmed && IsSurelyFor(client, publish))
            {
                recording.Count("delivery to a client with a session demanded");
                if (!client.Has(publish))
                {
                    throw new ViolationException($"R6: {client} missed {publish}; it got {string.Join(", ", client.Received)}");
                }
            }
        }
    }

    private bool IsSurelyFor(SimulatedClient client, Publish publish)
    {
        var target = publish.Operation.Target!;
        if (target.ExceptRooms.Length > 0 || target.ExceptSockets.Length > 0)
        {
            return false;
        }
        foreach (var socket in target.Sockets)
        {
            if (client.Ids.Contains(socket))
            {
                return true;
            }
        }
        foreach (var room in target.Rooms)
        {
            if (room == Room.Everyone || (client.User is { } user && room == Room.OfUser(user)) || IsSurelyIn(client, room, publish.Invoked))
            {
                return true;
            }
        }
        return false;
    }

    private bool IsSurelyIn(SimulatedClient client, Room room, long moment) =>
        !client.EverLeft.Contains(room) && !_leftFromElsewhere.Contains(room) && client.Confirmations.TryGetValue(room, out var joined) && joined < moment;

    private void CheckNotTooMuch(SimulatedClient client)
    {
        foreach (var publish in client.Received.Select(received => received.Publish))
        {
            if (recording.Crashes.Count == 0 && publish.HomeNumber <= client.HandledBefore)
            {
                throw new ViolationException($"R6: {client} got {publish}, which was over before it connected");
            }
        }
        foreach (var publish in client.Received.Select(received => received.Publish).Where(publish => publish.Operation.Target!.Sockets.Length == 0))
        {
            var target = publish.Operation.Target!;
            if (
                target.RoomArray.All(room =>
                    room.Kind == RoomKind.Room && room != Room.Everyone && !_joinedFromElsewhere.Contains(room) && !SocketId.TryParse(room.Name, out _)))
            {
                recording.Count("delivery by rooms that were joined here checked");
                if (!target.RoomArray.Any(client.Joins.ContainsKey))
                {
                    throw new ViolationException($"R6: {client} got {publish}, though it never joined");
                }
                if (target.RoomArray.All(room => client.Leaves.TryGetValue(room, out var left) && left < publish.Invoked))
                {
                    throw new ViolationException($"R6: {client} got {publish}, though it had left");
                }
            }
        }
    }

    private static HashSet<Room> Rooms(Recording recording, OperationKind kind) =>
        [.. recording.Publishes.Where(publish => publish.Operation.Kind == kind).SelectMany(publish => publish.Operation.RoomArray)];
}
