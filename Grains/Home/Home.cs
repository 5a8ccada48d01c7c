namespace OrleansAdapter.Grains;

/// <summary>
/// A home: the one place that knows the rooms of a namespace and puts its operations in order (PROTOCOL.md, "Rules: home"). A plain state
/// machine: messages and the time go in, messages come out; the same object serves as a grain's state and in a process of our own.
/// </summary>
/// <remarks>
/// Not safe under threads: one call at a time. No call waits, so a whole batch is accepted, answered and pushed in one turn. Times are
/// milliseconds of any monotonic clock; only differences count.
/// </remarks>
internal sealed partial class Home
{
    private readonly HomeOptions _options;
    private readonly IHomeOutput _output;
    private readonly Random _random;
    private readonly Hold _hold;
    private readonly long _voidFrom;
    private readonly LifeTable _lives = new();
    private readonly LifeList _list = new();
    private readonly RoomTable _table = new();
    private readonly Backlog _backlog = new();
    private readonly SecondCopies _copies = new();
    private readonly Dictionary<ServerId, long> _deadProcesses = [];
    private readonly List<Life> _leaving = [];
    private readonly ListAnnouncements _announcements;
    private long _lastSession;
    private long _removedAt;
    private long _nextLapse = long.MaxValue;
    private long? _lastTick;
    private long _now;

    /// <summary>Starts a home, which holds until it may open (PROTOCOL.md, H1).</summary>
    /// <param name="options">Limits and times.</param>
    /// <param name="output">Where messages go.</param>
    /// <param name="random">For sessions and for epochs that have to be raised.</param>
    /// <param name="epoch">It should exceed those of earlier homes, but nothing depends on it.</param>
    /// <param name="firstStart">True where the host knows that there was no home before: it need not wait for servers that remember one.</param>
    /// <param name="voidFrom">Histories of this epoch and later ones are void: the host has ended those homes when all their lives had been removed.</param>
    public Home(HomeOptions options, IHomeOutput output, Random random, long epoch, bool firstStart, long voidFrom = long.MaxValue)
    {
        _voidFrom = voidFrom;
        _options = options;
        _output = output;
        _random = random;
        _hold = new Hold(options, firstStart);
        _announcements = new ListAnnouncements(options.ListPause);
        Epoch = epoch;
    }

    /// <summary>The epoch of this home.</summary>
    public long Epoch { get; private set; }

    /// <summary>Whether it has opened; before, publishes are held.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The last number given: N.</summary>
    public long Number { get; private set; }

    /// <summary>The lives admitted, in a fixed order.</summary>
    public IReadOnlyList<ServerId> Lives => _list.Lives;

    /// <summary>Whether a life is admitted.</summary>
    public bool Has(ServerId life) => _lives.Find(life) is not null;

    /// <summary>Whether any life of a process is admitted.</summary>
    public bool HasProcess(ServerId process) => _lives.OfProcess(process).Count > 0;

    /// <summary>Whether no server is in it, or waits to be, no client may come back, and no request is remembered.</summary>
    public bool IsEmpty => _lives.Count == 0 && (IsOpen || _hold.Registers.Count == 0) && SessionCount == 0 && _once.Count == 0;

    /// <summary>How many rooms have members, the whole namespace counting as one.</summary>
    public int RoomCount => _table.Count;

    /// <summary>How many entries wait in mailboxes, over all lives.</summary>
    public long Backlog => _backlog.Count;

    /// <summary>Up to here every life has acknowledged all it was sent: S (PROTOCOL.md, H10).</summary>
    public long Stable => (_backlog.Oldest ?? Number + 1) - 1;

    /// <summary>
    /// How often lives and memberships were looked at, for tests: a publish must cost no more where more lives are known that it does not concern.
    /// </summary>
    public long Steps => _lives.Steps + _backlog.Steps + _table.Steps + _hold.Steps;

    /// <summary>The rooms that have members, for tests and status.</summary>
    public IEnumerable<(Room Room, ServerId Life, bool Pending)> Memberships()
    {
        foreach (var room in _table.Rooms)
        {
            foreach (var record in _table.Of(room).ToArray())
            {
                yield return (room, record.Life.Id, record.Pending != 0);
            }
        }
    }

    /// <summary>Says on which machine the home is: what it accepts is acknowledged when a second one has it (PROTOCOL.md, H13).</summary>
    /// <param name="machine">The machine; null where there is no other one, or where nobody asks for that.</param>
    public void SetMachine(string? machine)
    {
        _copies.SetMachine(machine, _lives.All);
        TellHeld();
    }

    /// <summary>Handles one message of a server (PROTOCOL.md, H2).</summary>
    public void Receive(WorkerMessage message, long now)
    {
        _now = now;
        Handle(message, now);
        TellHeld();
    }

    private void Handle(WorkerMessage message, long now)
    {
        if (message.Epoch < Epoch)
        {
            Refuse(message.Life);
        }
        else if (message.Epoch > Epoch)
        {
            ReceiveFromLaterEpoch(message);
        }
        else if (message is Register register)
        {
            ReceiveRegister(register, now);
        }
        else if (!IsOpen)
        {
            // Held: the sender sends again.
        }
        else if (_lives.Find(message.Life) is not { } life || life.Session != message.Session)
        {
            Fence(message.Life);
        }
        else
        {
            Extend(life, now);
            life.KnownList = Math.Max(life.KnownList, message.ListVersion);
            ReceiveFromLife(life, message);
        }
    }

    /// <summary>
    /// A server that has heard nothing for a while asks whether it should have: another home, entries that wait for it, or a change of the list may have
    /// been said to it and lost. Nothing is said where it missed nothing.
    /// </summary>
    public void Check(ServerId life, long epoch)
    {
        if (epoch != Epoch)
        {
            Refuse(life);
        }
        else if (_lives.Find(life) is { } known && (known.Mailbox.Count > 0 || known.KnownList != _list.Version))
        {
            Announce(known);
        }
    }

    /// <summary>A supervisor saw a process end: all its lives go, and what is late from it is refused. Idempotent.</summary>
    public void ReportDeath(ServerId process, long now)
    {
        _now = now;
        _deadProcesses[process.Process] = now;
        if (IsOpen)
        {
            RemoveDead([process.Process]);
        }
        else
        {
            OpenIfComplete(now);
        }
        TellHeld();
    }

    /// <summary>Ends what has run out (PROTOCOL.md, H12). Call it more often than what counts as a pause.</summary>
    public void Tick(long now)
    {
        _now = now;
        var gap = now - (_lastTick ?? now);
        _lastTick = now;
        var pause = gap > _options.PauseThreshold ? gap : 0;
        if (IsOpen)
        {
            RemoveLapsed(now, pause);
            if (_announcements.IsDue(now))
            {
                AnnounceList();
            }
            ForgetDeaths(now);
            if (_sessions is { } sessions)
            {
                sessions.Tick(now);
                _once.Trim(now - sessions.Window);
            }
            TellHeld();
            return;
        }
        if (pause > 0)
        {
            _hold.Extend(pause, now);
        }
        if (_hold.IsOver(now))
        {
            Open(now);
        }
    }

    /// <summary>Only where a clock went back: an open home ends the life, one that holds moves beyond it.</summary>
    private void ReceiveFromLaterEpoch(WorkerMessage message)
    {
        if (IsOpen)
        {
            Fence(message.Life);
            return;
        }
        Epoch = message.Epoch + 1 + _random.Next(1000);
        _hold.Clear();
        Refuse(message.Life);
    }

    private void ReceiveFromLife(Life life, WorkerMessage message)
    {
        switch (message)
        {
            case Submit submit:
                ReceiveSubmit(life, submit);
                break;
            case Acknowledge acknowledge:
                Acknowledged(life, acknowledge.Handled);
                break;
            case ReadAfter read:
                TakeHandled(life, read.Handled);
                Send(life, new Push { Life = life.Id, Epoch = Epoch, Previous = read.Handled, Entries = life.Mailbox.ReadBatch(_options) });
                break;
            case Renew renew:
                Acknowledged(life, renew.Handled);
                life.Reporting = (renew.Handled, renew.Position);
                ReportedUpTo(life);
                Send(life, RenewedFor(life, renew));
                break;
            default:
                throw new InvalidOperationException($"A home does not take {message.GetType().Name}.");
        }
    }

    /// <summary>Says how things are: up to where there are entries for it, and who is in the list.</summary>
    private void Announce(Life life) => Send(life, new Push { Life = life.Id, Epoch = Epoch, Previous = life.Mailbox.Acknowledged, Entries = [] });

    private void Send(Life life, HomeMessage message)
    {
        var (list, changes) = _list.Since(life.KnownList);
        (life.ToldList, life.HasHeldNews) = (_list.Version, false);
        var held = SecondCopies.HeldOf(life);
        _output.Send(life.Id, message with { Session = life.Session, Head = new Head(Stable, Number, life.Mailbox.Last, _list.Version, list, changes, held) });
    }

    /// <summary>
    /// Tells publishers of what is on a second machine now. Whoever has yet to acknowledge a push is told in answer to that, or with the next one.
    /// </summary>
    private void TellHeld()
    {
        if (_copies.HasNews)
        {
            foreach (var life in _copies.TakeNews())
            {
                if (life.HasHeldNews && !life.Mailbox.IsInFlight)
                {
                    Announce(life);
                }
            }
        }
    }

    private void Refuse(ServerId life) => _output.Send(life, new WrongEpoch { Life = life, Epoch = Epoch });

    private void Fence(ServerId life) => _output.Send(life, new Fenced { Life = life, Epoch = Epoch });
}
