using System.Buffers.Binary;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// The history of a run: who published what, who handled what and in which order, who was in which room and when, which homes died. What can be
/// seen to be wrong at once is reported at once; the rest is the <see cref="Checker"/>'s.
/// </summary>
internal sealed class Recording(Agenda agenda, Action<string>? trace)
{
    private readonly Dictionary<ServerId, LifeRecord> _lives = [];
    private readonly Dictionary<(ServerId, long), Publish> _byPosition = [];
    private readonly Dictionary<(long Epoch, long Session), long> _fencedAt = [];
    private readonly HashSet<Publish> _unstable = [];
    private long _moment;

    public List<Publish> Publishes { get; } = [];

    public List<SimulatedSocket> Sockets { get; } = [];

    /// <summary>The requests that somebody acted on: who, since when it had asked whether it is the first, and when it was told.</summary>
    public Dictionary<SecretHash, List<(ServerId By, long Since, long When)>> Acted { get; } = [];

    /// <summary>When each home opened that took another one's place, and whose histories it had.</summary>
    public List<(long At, IReadOnlyCollection<ServerId> Merged)> Openings { get; } = [];

    /// <summary>The sessions whose end was told, by the epoch in which: the life that was told.</summary>
    public Dictionary<(long Epoch, SocketId Socket), ServerId> EndedSessions { get; } = [];

    /// <summary>The clients that may come back.</summary>
    public List<SimulatedClient> Clients { get; } = [];

    public IReadOnlyCollection<LifeRecord> Lives => _lives.Values;

    /// <summary>The homes that died open, by epoch.</summary>
    public Dictionary<long, Crash> Crashes { get; } = [];

    /// <summary>The homes that opened when another one had taken their place and was open, by epoch: they promise nothing.</summary>
    public HashSet<long> OpenedLate { get; } = [];

    /// <summary>Which epochs each home goes on from, by its own.</summary>
    public Dictionary<long, IReadOnlyList<PastEpoch>> Past { get; } = [];

    /// <summary>Whether any server was fenced and learned it.</summary>
    public bool AnyFenced { get; private set; }

    /// <summary>How often something of interest happened, by what it was.</summary>
    public SortedDictionary<string, int> Counts { get; } = [];

    /// <summary>Whether what was acknowledged is promised even where its publisher is lost together with the home, as both were on one machine.</summary>
    public bool IsStrict { get; set; }

    /// <summary>Whether anybody reads what is logged.</summary>
    public bool IsTraced => trace is not null;

    /// <summary>A new moment, later than all before: finer than milliseconds.</summary>
    public long NextMoment() => ++_moment;

    public void Count(string what)
    {
        Counts[what] = Counts.GetValueOrDefault(what) + 1;
        Log(what);
    }

    public void Log(string line) => trace?.Invoke($"{agenda.Now,6} {line}");

    public LifeRecord Life(ServerId id)
    {
        if (!_lives.TryGetValue(id, out var life))
        {
            _lives[id] = life = new LifeRecord(id);
        }
        return life;
    }

    public void Published(Publish publish)
    {
        Publishes.Add(publish);
        _byPosition[(publish.Publisher, publish.Position)] = publish;
        if (trace is not null)
        {
            Log($"PUBLISH {publish} {Describe.Target(publish.Operation)}");
        }
    }

    /// <summary>Which publish an entry is: by what it carries, or by its place among its publisher's.</summary>
    public Publish Find(Entry entry)
    {
        var body = entry.Operation.Body;
        var index = entry.Operation.Kind switch
        {
            OperationKind.Emit => Index(PacketCodec.Decode(body, BroadcastFlags.None)),
            OperationKind.Request => BinaryPrimitives.ReadInt32LittleEndian(body.Span),
            _ => _byPosition.TryGetValue((entry.Publisher, entry.Position), out var publish) ? publish.Index : -1,
        };
        return index >= 0 && index < Publishes.Count
            ? Publishes[index]
            : throw new ViolationException($"P2: an entry that nobody published: {entry.Publisher}/{entry.Position}");
    }

    /// <summary>A home gave an operation a number. One that was superseded promises nothing to those that the new one left out.</summary>
    public void Numbered(SimulatedHome home, SimulatedHome current, ServerId publisher, long position, long number)
    {
        if (!_byPosition.TryGetValue((publisher, position), out var publish))
        {
            return;
        }
        if (home != current && !current.Home.IsOpen)
        {
            _unstable.Add(publish);
        }
        else if (home != current)
        {
            publish.IsExempt |= !IsStrict && !current.Home.Lives.Contains(publisher);
            return;
        }
        (publish.HomeNumber, publish.HomeEpoch) = (number, home.Home.Epoch);
    }

    public void Admitted(ServerId life, long epoch, bool withHistory)
    {
        var record = Life(life);
        record.LastEpoch = epoch;
        if (!withHistory)
        {
            record.WasReadmitted |= record.Fences.Count > 0;
            record.Fences.Clear();
        }
    }

    /// <summary>A home removed a life when its last number was this: nothing newer may reach it in this session.</summary>
    public void Fenced(ServerId life, long epoch, long session, long number)
    {
        _fencedAt.TryAdd((epoch, session), number);
        Life(life).Fences.TryAdd(epoch, NextMoment());
    }

    /// <summary>A server took a message of its home that was sent at a moment.</summary>
    public void Told(ServerId life, long epoch, long sent)
    {
        var told = Life(life).Told;
        told[epoch] = Math.Max(told.GetValueOrDefault(epoch), sent);
    }

    /// <summary>A server was fenced, and knows it.</summary>
    public void FencedItself(ServerId life)
    {
        AnyFenced = true;
        Life(life).HasEnded = true;
        Count("server fenced");
    }

    /// <summary>A home died.</summary>
    public void Lost(SimulatedHome home)
    {
        if (!home.Home.IsOpen)
        {
            return;
        }
        var stable = home.Home.Stable;
        Crashes[home.Home.Epoch] = new Crash(stable, [.. Publishes.Where(publish => !publish.IsKnown)]);
        _unstable.UnionWith(Publishes.Where(publish => publish.HomeNumber == 0 || publish.HomeNumber > stable));
    }

    /// <summary>A home opened, with the histories of some lives.</summary>
    /// <param name="home">The home.</param>
    /// <param name="merged">Whose histories it has.</param>
    /// <param name="isLate">Whether a life could have come, and did not in time: what it alone had, is lost ("Deliberately not promised", 4).</param>
    public void Opened(Home home, IReadOnlyCollection<ServerId> merged, Func<ServerId, bool> isLate)
    {
        Count("home opened");
        if (Crashes.Count > 0)
        {
            Openings.Add((agenda.Now, merged));
        }
        foreach (var publish in _unstable.Where(publish => !merged.Contains(publish.Publisher)))
        {
            // A request ends with its answers.
            publish.IsExempt |= !IsStrict || !publish.Operation.IsBroadcast
                || publish.HandledBy.Append(publish.Publisher).Any(life => !merged.Contains(life) && isLate(life));
        }
        _unstable.Clear();
        foreach (var life in merged.Select(Life).Where(life => life.Fences.Count > 0))
        {
            foreach (var (epoch, since) in life.Fences)
            {
                ForgetFence(life, epoch, since, merged);
            }
            life.Fences.Clear();
        }
        foreach (var left in _lives.Values.Where(life => life.LastEpoch != 0 && !home.Lives.Contains(life.Id)))
        {
            left.Fences.TryAdd(home.Epoch, NextMoment());
        }
    }

    /// <summary>
    /// Whether only a server that was lost together with its home knew what it had handed to a client: it may come again when the client has moved
    /// ("Deliberately not promised", 2).
    /// </summary>
    public bool IsForgotten(Received received) =>
        Crashes.TryGetValue(received.Offset.Epoch, out var crash)
            && crash.Unanswered.Contains(received.Publish)
            && Life(received.By).LastEpoch == received.Offset.Epoch;

    /// <summary>A server handled an entry in a session.</summary>
    public void Handled(ServerId life, long epoch, long session, Publish publish, long number)
    {
        var record = Life(life);
        if (_fencedAt.TryGetValue((epoch, session), out var last) && number > last && publish.HomeNumber == number)
        {
            throw new ViolationException($"P4: {life} was fenced at {last} and handled {publish}");
        }
        if (!record.Handle(publish, number))
        {
            throw new ViolationException($"P2: {life} handled {publish} twice");
        }
        publish.HandledBy.Add(life);
    }

    private void ForgetFence(LifeRecord fenced, long epoch, long since, IReadOnlyCollection<ServerId> merged)
    {
        if (merged.FirstOrDefault(id => id != fenced.Id && IsTold(Life(id))) is { IsNone: false } witness)
        {
            throw new ViolationException($"P4: the fence of {fenced.Id} was forgotten though {witness} had been told of it");
        }
        if (_lives.Values.Any(life => life.HasEnded || (IsTold(life) && !merged.Contains(life.Id))))
        {
            fenced.Forgotten = NextMoment();
            Count("fence forgotten together with all that knew of it");
        }

        bool IsTold(LifeRecord life) => life.Told.GetValueOrDefault(epoch) > since;
    }

    private static int Index(Packet packet) => System.Buffers.Text.Utf8Parser.TryParse(packet.Arguments.Span[1..], out int index, out _) ? index : -1;

    /// <summary>How an open home was when it died.</summary>
    /// <param name="Stable">What was stable.</param>
    /// <param name="Unanswered">What its publisher had not heard of.</param>
    internal sealed record Crash(long Stable, HashSet<Publish> Unanswered);
}
