namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>A client whose connection may break, and who then asks some server for its session. It lives as long as its session does.</summary>
internal sealed class SimulatedClient(int index, SecretHash secret, string? user, long opened)
{
    /// <summary>What it proves its session with; that of a hub's client changes each time that it comes back.</summary>
    public SecretHash Secret { get; set; } = secret;

    /// <summary>Whether it is a hub's client: it comes back without what it missed, and its secret is used up by that.</summary>
    public bool IsOfHub { get; init; }

    public string? User { get; } = user;

    /// <summary>When it began to connect.</summary>
    public long Opened { get; } = opened;

    /// <summary>What its server had handled before it connected; 0 where that is not known.</summary>
    public long HandledBefore { get; init; }

    /// <summary>
    /// When it was told that it is in, and so knows its secret; null before. From then on it misses nothing; a hub's client since it last came back.
    /// </summary>
    public long? Confirmed { get; set; }

    /// <summary>The connection it has; null while it has none.</summary>
    public SimulatedSocket? Socket { get; set; }

    /// <summary>The last connection that it had, or that was made for it.</summary>
    public SimulatedSocket? Newest { get; set; }

    /// <summary>
    /// Whether the server ended the session over its last connection. The client may not have heard: its connection may have been broken by then.
    /// </summary>
    public bool WasMadeToLeave { get; set; }

    /// <summary>The try to come back that it waits for; null for none.</summary>
    public ClaimTry? Try { get; set; }

    /// <summary>Up to where it has received everything. An official client keeps it when it begins anew.</summary>
    public OrderOffset Offset { get; set; }

    /// <summary>Whether it was refused another session before this one.</summary>
    public bool BeginsAnew { get; init; }

    /// <summary>The epoch of its server when it connected; 0 where that had no home.</summary>
    public long ConnectedIn { get; init; }

    /// <summary>What it received over all its connections, in order.</summary>
    public List<Received> Received { get; } = [];

    /// <summary>Whether its session is over and it knows: it was refused, or made to leave.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Whether its server did not know yet that the home keeps sessions: then it may be let in before the home knows its own.</summary>
    public bool CameEarly { get; init; }

    /// <summary>Whether it ever asked at two servers at once: whichever is granted last makes void what the other one confirms meanwhile.</summary>
    public bool HasAskedTwice { get; set; }

    /// <summary>Whether it came back by the word of a home that had been replaced: then of it as little is promised as of the home's publishers.</summary>
    public bool IsExempt { get; set; }

    /// <summary>When it began to join each room, first.</summary>
    public Dictionary<Room, long> Joins { get; } = [];

    /// <summary>How often it began to join each room: a leave that is confirmed behind a later one says nothing of where it is.</summary>
    public Dictionary<Room, int> JoinsBegun { get; } = [];

    /// <summary>When it last was confirmed to be in a room that it joined itself.</summary>
    public Dictionary<Room, long> Confirmations { get; } = [];

    /// <summary>When it last was confirmed to have left a room that it left itself; joining again begins anew.</summary>
    public Dictionary<Room, long> Leaves { get; } = [];

    /// <summary>The rooms that it ever began to leave.</summary>
    public HashSet<Room> EverLeft { get; } = [];

    /// <summary>The ids that its socket had: one, as it keeps it.</summary>
    public HashSet<SocketId> Ids { get; } = [];

    /// <summary>The servers' lives that ever held it.</summary>
    public HashSet<ServerId> Holders { get; } = [];

    public void Receive(Received received, Recording recording)
    {
        if (Received.Exists(before => before.Publish == received.Publish && !recording.IsForgotten(before)))
        {
            throw new ViolationException($"R6: {this} got {received.Publish} twice");
        }
        Received.Add(received);
        Offset = received.Offset;
    }

    public bool Has(Publish publish) => Received.Exists(received => received.Publish == publish);

    public override string ToString() => $"client {index}";
}

/// <summary>What a client was handed, as which place in the order, and by which server.</summary>
internal readonly record struct Received(Publish Publish, OrderOffset Offset, ServerId By)
{
    public override string ToString() => Publish.ToString();
}

/// <summary>A client's try to come back, at one server.</summary>
internal sealed record ClaimTry(SimulatedClient Client, SimulatedServer Server, OrderOffset Offset, long Invoked)
{
    /// <summary>The epoch in which it was asked last; 0 where its server knew no home then.</summary>
    public long AskedIn { get; set; }

    /// <summary>Whether a home that died may have granted it: a hub's client does not know the secret that it has then.</summary>
    public bool MayHaveBeenGranted { get; set; }

    /// <summary>The secret that a hub's client has once it is back.</summary>
    public SecretHash Next => new(Invoked, 0x4e);

    /// <summary>What the server asks the home for.</summary>
    public SessionClaim Claim => Client.IsOfHub
        ? new SessionClaim(Client.Secret, Client.User ?? "", default, LooksOnly: false) { WithoutMissed = true, Next = Next }
        : new SessionClaim(Client.Secret, Client.User ?? "", Offset, LooksOnly: false);
}
