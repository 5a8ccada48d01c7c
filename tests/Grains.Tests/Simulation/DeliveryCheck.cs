namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>P2 and P3: every socket got what it had to, and nothing twice or after it had left.</summary>
internal sealed class DeliveryCheck(Recording recording)
{
    public void Check()
    {
        foreach (var socket in recording.Sockets)
        {
            CheckReceived(socket);
        }
        foreach (var publish in recording.Publishes)
        {
            CheckReached(publish);
        }
    }

    private static void CheckReceived(SimulatedSocket socket)
    {
        if (socket.Received.Count != socket.Received.Distinct().Count())
        {
            throw new ViolationException($"P2: {socket} got something twice");
        }
        foreach (var publish in socket.Received)
        {
            if (!Targets.Match(publish.Operation.Target!, socket, room => socket.HasStayOutlasting(room, publish.Invoked)))
            {
                throw new ViolationException($"P3: {socket} got {publish} though it had left");
            }
        }
    }

    private void CheckReached(Publish publish)
    {
        recording.Count(publish.Success is not null ? "publish succeeded" : publish.Failure is { } failure ? $"publish failed: {failure}" : "publisher gone");
        if (publish.Success is null)
        {
            return;
        }
        if (publish.IsExempt)
        {
            recording.Count("publish exempt");
            return;
        }
        foreach (var socket in recording.Sockets)
        {
            if (MustGet(socket, publish))
            {
                recording.Count("delivery demanded");
                if (!socket.Received.Contains(publish))
                {
                    throw new ViolationException($"P3: {socket} missed {publish}");
                }
            }
        }
    }

    /// <summary>Whether the socket was surely among the targets all the time from the publish on.</summary>
    private bool MustGet(SimulatedSocket socket, Publish publish)
    {
        var target = publish.Operation.Target!;
        if (socket.Closed is not null || recording.Life(socket.Id.Server).Forgotten > publish.Invoked)
        {
            return false;
        }
        return (Targets.Name(target, socket) ? IsSurelyIn(Room.Everyone) : Targets.Match(target, socket, IsSurelyIn))
            && !Targets.Except(target, socket, room => socket.HasStayOutlasting(room, publish.Invoked));

        bool IsSurelyIn(Room room) => socket.LastStay(room) is { To: null } stay && stay.Claims.Exists(claim => Held(claim, socket, publish));
    }

    /// <summary>
    /// Whether a claim held when something was published: a join, where its task had ended; a remote join, where its publisher's had, or
    /// where both were published by the same server in this order.
    /// </summary>
    private bool Held(Claim claim, SimulatedSocket socket, Publish publish)
    {
        if (claim.Via is not { } join)
        {
            return claim.Confirmed < publish.Invoked;
        }
        return (join.Success < publish.Invoked || (join.Publisher == publish.Publisher && join.Position < publish.Position)) && MustGet(socket, join);
    }
}
