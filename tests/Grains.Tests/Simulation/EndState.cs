namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>P5: at rest, everybody agrees on who is there, everything has ended, and nothing is kept that is of no use any more.</summary>
internal static class EndState
{
    public static string? Unrest(SimulatedCluster cluster)
    {
        var servers = cluster.LiveServers.ToArray();
        var lives = servers.Select(server => server.Life).ToHashSet();
        if (!cluster.Directory.IsUp)
        {
            return "P5: the directory is down";
        }
        if (cluster.Directory.Current.Servers.WaitingBytes is > 0 and var waiting)
        {
            return $"P9: {waiting} bytes of answers wait for ever";
        }
        return Of(cluster.Directory.Current.Home, servers, lives)
            ?? servers.Select(server => Of(server, cluster.Directory.Current.Home, lives, cluster.Recording)).FirstOrDefault(problem => problem is not null)
            ?? Of(cluster.Recording, lives)
            ?? OfClients(cluster);
    }

    private static string? Of(Home home, SimulatedServer[] servers, HashSet<ServerId> lives)
    {
        if (!home.IsOpen)
        {
            return servers.Length == 0 ? null : "P5: the home is not open";
        }
        if (!lives.SetEquals(home.Lives))
        {
            return $"P5: the home knows [{string.Join(' ', home.Lives)}], alive are [{string.Join(' ', lives)}]";
        }
        if (home.Backlog != 0)
        {
            return $"P5: {home.Backlog} entries are left in mailboxes";
        }
        if (home.Stable != home.Number)
        {
            return $"P5: the home holds {home.Number}, stable is {home.Stable}";
        }
        if (home.EndedWaiting is > 0 and var untold)
        {
            return $"P5: of {untold} sessions that have ended nobody is told";
        }
        if (home.Memberships().FirstOrDefault(m => m.Pending) is { Pending: true } pending)
        {
            return $"P5: the remote join of {pending.Life} to \"{pending.Room}\" is pending for ever";
        }
        var away = servers.SelectMany(server => server.State.Away, (server, socket) => (server.Life, Socket: socket)).ToArray();
        if (away.FirstOrDefault(kept => home.Sessions?.Find(kept.Socket.Id) is not { IsAway: true } session || session.Holder != kept.Life)
            is { Socket: { } stray, Life: var keeper })
        {
            return $"S10: {keeper} keeps {stray.Id} for a client that is away, of which the home does not know that it does";
        }
        var expected = servers.SelectMany(server => server.Sockets.SelectMany(s => s.Rooms).Select(room => (room, server.Life)))
            .Concat(away.SelectMany(kept => kept.Socket.Memberships.All.Select(membership => (membership.Room.Key, kept.Life)))).ToHashSet();
        var known = home.Memberships().Select(m => (m.Room, m.Life)).ToHashSet();
        return expected.SetEquals(known)
            ? null
            : $"P5: the home lacks the memberships [{string.Join(' ', expected.Except(known))}] and has [{string.Join(' ', known.Except(expected))}] too many";
    }

    private static string? Of(SimulatedServer server, Home home, HashSet<ServerId> lives, Recording recording)
    {
        var replica = server.State.Replica;
        if (!replica.IsLive || replica.Epoch != home.Epoch)
        {
            return $"P5: {server.Life} is not registered";
        }
        if (!lives.SetEquals(replica.List))
        {
            return $"P5: {server.Life} knows [{string.Join(' ', replica.List)}], alive are [{string.Join(' ', lives)}]";
        }
        if (replica.OutboxCount + replica.RetainedCount + replica.GivenCount + replica.PendingMemberships + server.State.ClaimCount != 0)
        {
            return $"P5: {server.Life} keeps {replica.OutboxCount} own operations, {replica.RetainedCount} entries and {replica.PendingMemberships} "
                + $"memberships, {replica.GivenCount} entries given again and {server.State.ClaimCount} claims";
        }
        if (server.AsksOnce)
        {
            return $"R23: {server.Life} is never told whether it may act";
        }
        if (server.Answers.Requests.Count != 0)
        {
            return $"P9: {server.Life} waits for answers to {server.Answers.Requests.Count} requests";
        }
        if (replica.SeenPublishers.FirstOrDefault(publisher => !lives.Contains(publisher)) is { IsNone: false } gone)
        {
            return $"P5: {server.Life} remembers {gone}, which is gone";
        }
        var real = server.State.Sockets.All.Select(s => ((SimulatedSocket)s, string.Join(' ', s.Memberships.All.Select(m => m.Room.Key.ToString()).Order())));
        var known = server.Sockets.Select(s => (s, string.Join(' ', s.Rooms.Select(room => room.ToString()).Order())));
        if (!real.ToHashSet().SetEquals(known))
        {
            return $"P5: {server.Life} has [{string.Join(", ", real)}] and should have [{string.Join(", ", known)}]";
        }
        if (server.Sockets.Find(socket => recording.EndedSessions.ContainsKey((home.Epoch, socket.Id))) is { } ended)
        {
            return $"R20: {ended} is there, though its session's end was told";
        }
        return server.Sockets.Find(socket => socket.Unsent > 0) is { } unsent ? $"P5: {unsent} was handed packets behind the end of a turn" : null;
    }

    private static string? OfClients(SimulatedCluster cluster) =>
        cluster.LiveServers.Any() && cluster.Recording.Clients.Find(client => !client.HasEnded && client.Socket is null) is { } lost
            ? $"R8: {lost} is neither connected nor told that it cannot come back"
            : null;

    private static string? Of(Recording recording, HashSet<ServerId> lives) =>
        recording.Publishes.Find(p => p.Success is null && p.Failure is null && lives.Contains(p.Publisher)) is { } endless
            ? $"P5: {endless} never ended"
            : null;
}
