namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>The invariants that are broken on purpose, each with the faults under which that shows.</summary>
internal static class Mutations
{
    /// <summary>
    /// The first seed to look at, for those that only one in hundreds notices: where each was noticed last. Elsewhere it takes longer, no more.
    /// </summary>
    public static IReadOnlyDictionary<string, int> NoticedAt { get; } = new Dictionary<string, int>
    {
        ["A crossing leave ends a remote join"] = 1099,
        ["A history lacks the sockets that moved"] = 1152,
        ["A secret is not changed when it is used"] = 1619,
        ["Who does not know what it sent last says that it sent nothing"] = 3526,
        ["Whoever lost a socket to a later claim is not told"] = 862,
    };

    public static SortedDictionary<string, (FaultClass Faults, Func<Mutation> Create)> All { get; } = new()
    {
        // Mailboxes
        ["A batch comes in reverse"] = (FaultClass.NetworkOnly, () => Mutation.OfPushes((_, push) => push with { Entries = [.. push.Entries.Reverse()] })),
        ["One server gets two entries in another order"] = (FaultClass.NetworkOnly, () => Mutation.OfPushes(SwapOnOneServer)),
        ["An entry comes again under a new number"] = (FaultClass.NetworkOnly, () => Mutation.OfPushes(RepeatLast)),
        ["Reads are lost"] = (FaultClass.NetworkOnly, () => new Mutation { ToHome = (_, message, _) => message is ReadAfter ? null : message }),
        ["Nobody notices a gap before a push"] = (FaultClass.NetworkOnly, () => Mutation.OfPushes((_, push) => push with { Previous = 0 })),
        ["Nobody reads after a silence"] = (FaultClass.NetworkOnly, NeverReadAfterSilence),
        ["A lost last push is not noticed"] = (FaultClass.NetworkOnly, () => Mutation.OfHeads(head => head with { Last = 0 })),
        ["Nobody learns what was for others"] = (FaultClass.NetworkOnly, () => Mutation.OfHeads(head => head with { Number = head.Last })),
        ["Nothing is acknowledged"] = (FaultClass.NetworkOnly, () => new Mutation { ToHome = (_, message, _) => Unacknowledged(message) }),

        // Stability
        ["Everything counts as stable"] = (FaultClass.DirectoryKilled, () => Mutation.OfHeads(head => head with { Stable = head.Number })),
        ["Nothing becomes stable"] = (FaultClass.NetworkOnly, () => Mutation.OfHeads(head => head with { Stable = 0 })),

        // Operations
        ["A repeated batch is accepted again"] = (FaultClass.NetworkOnly, RepeatedBatchesAreNew),
        ["The answer names wrong numbers"] = (
            FaultClass.DirectoryKilled,
            () => new Mutation { ToServer = (_, message) => message is Accepted a ? a with { FirstNumber = a.FirstNumber + 5 } : message }),
        ["The asker does not learn whom it asked"] = (
            FaultClass.NetworkOnly, () => new Mutation { ToServer = (_, message) => message is Accepted a ? a with { Targets = [] } : message }),
        ["Own leaves are not told"] = (
            FaultClass.NetworkOnly, () => Mutation.OfOperations(o => o.Kind == OperationKind.Leave ? Operation.Own(o.Rooms[0], true, o.AsOf) : o)),
        ["A crossing leave ends a remote join"] = (FaultClass.NetworkOnly, () => Mutation.OfOperations(o => o.IsOwnMembership ? AsOf(o, long.MaxValue) : o)),
        ["A remote join is never answered"] = (FaultClass.NetworkOnly, () => Mutation.OfOperations(o => o.IsOwnMembership ? AsOf(o, 0) : o)),
        ["A remote join makes nobody a member before it is answered"] = (FaultClass.NetworkOnly, HideRemoteJoins),

        // Clients that come back
        ["A client that comes back misses a packet"] = (
            FaultClass.NetworkOnly,
            () =>
                new Mutation
                {
                    ToServer = (_, message) => message is Accepted a ? a with
                    {
                        Claims = [.. a.Claims.Select(claim => claim
                    with { Missed = [.. claim.Missed.Skip(1)] })]
                    } : message
                }),
        ["A client that comes back gets everything again"] = (
            FaultClass.NetworkOnly, () => Mutation.OfOperations(o => o.Word is SessionClaim claim ? Operation.Claim(claim with { Offset = default }) : o)),
        ["A secret is not changed when it is used"] = (
            FaultClass.NetworkOnly, () => Mutation.OfOperations(o => o.Word is SessionClaim claim ? Operation.Claim(claim with { Next = null }) : o)),
        ["What a client left is not told"] = (
            FaultClass.NetworkOnly,
            () =>
                Mutation.OfOperations(o => o.Word is SessionLeft left ? Operation.Session(new SessionJoined(left.Socket, left.Claim, left.Room), o.AsOf) : o)),

        // Clients that come back after the directory's death
        ["What a holder has kept lacks a packet"] = (
            FaultClass.DirectoryKilled,
            () => Mutation.OfOperations(o => o.Word is SessionEarlier { Entries.Count: > 0 } earlier
                ? Operation.Session(earlier with { Entries = [.. earlier.Entries.Skip(1)] }, o.AsOf)
                : o)),
        ["A holder that cannot tell counts as one that can"] = (
            FaultClass.DirectoryKilledAgainAndAgain,
            () => WithSmallWindow(Mutation.OfOperations(o => o.Word is SessionEarlier { Refusal: not ClaimRefusal.None } earlier
                ? Operation.Session(earlier with { Refusal = ClaimRefusal.None }, o.AsOf)
                : o))),
        ["Nobody keeps what is for clients that are away"] = (
            FaultClass.DirectoryKilled,
            () => Mutation.OfOperations(o => o.Word is SessionAway { IsKept: true } away
                ? Operation.Session(new SessionAway(away.Socket, away.Claim, away.LastSent), o.AsOf)
                : o)),
        ["Who is away counts as having missed nothing"] = (
            FaultClass.DirectoryKilled,
            () => Mutation.OfOperations(o => o.Word is SessionOpened { Absence: { } absence } opened
                ? Operation.Session(opened with { Absence = absence with { KnownAt = o.AsOf } }, o.AsOf)
                : o)),

        ["A holder is believed though a later one may have died"] = (
            FaultClass.ClaimerAndDirectoryKilled,
            () => new Mutation { ToServer = (_, message) => message is Registered r ? r with { UnprovedUpTo = 0 } : message }),
        ["A holder is believed though it missed that a later one has gone"] = (
            FaultClass.ClaimerAndDirectoryKilled, () => Mutation.OfHistories(history => history with { Removed = 0 })),
        ["A number that was given again counts as what it was"] = (
            FaultClass.ClaimerAndDirectoryKilled, () => new Mutation { ToHome = (home, message, _) => WithAnyNumber(home.Home, message) }),

        ["A new home is not told who acted"] = (
            FaultClass.DirectoryKilled,
            () => Mutation.OfOperations(o => o is { Kind: OperationKind.Session, Word: SessionOnce } ? Operation.Session(new SessionOnce([]), o.AsOf) : o)),
        ["A newcomer is not told for how long requests count that it has not heard of"] = (
            FaultClass.WorkersReplacedThenDirectoryKilled,
            () => new Mutation { ToServer = (_, message) => message is Registered r ? r with { Unheard = 0 } : message }),
        ["Others are told to act as well"] = (
            FaultClass.NetworkOnly,
            () => new Mutation { ToServer = (_, message) => message is Accepted a ? a with { Claims = [.. a.Claims.Select(GrantRepeated)] } : message }),

        // Leases, fences, homes
        ["Renewals are lost"] = (FaultClass.NetworkOnly, () => new Mutation { ToHome = (_, message, _) => message is Renew ? null : message }),
        ["A directory that was paused ends leases"] = (FaultClass.DirectoryPaused, () => Mutation.OfHome(home => home with { PauseThreshold = long.MaxValue })),
        ["Fences are not told"] = (FaultClass.WorkerPausedPastItsLease, () => new Mutation { ToServer = (_, message) => message is Fenced ? null : message }),
        ["Nobody learns who was fenced"] = (FaultClass.FenceThenDirectoryKilled, KeepFirstList),
        ["Who leaves is not told of"] = (
            FaultClass.WorkerKilled,
            () =>
                Mutation.OfHeads(
                    head => head with { Changes = head.Changes is { } changes ? [.. changes.Select(change => change with { IsThere = true })] : null })),
        ["Changes of the list are lost"] = (FaultClass.NetworkOnly, () => Mutation.OfHeads(head => head with { Changes = null })),
        ["Sessions and epochs do not matter"] = (
            FaultClass.TwoHomesAtOnce, () => new Mutation { ToHome = (home, message, _) => AsCurrent(home, message), ToServer = AsCurrent }),
        ["There is no hold"] = (FaultClass.DirectoryKilled, () => Mutation.OfHome(home => home with { Hold = 0, HoldForKnown = 0 })),
        ["Who comes too late is admitted"] = (
            FaultClass.DirectoryKilledAndWorkerLate, () => new Mutation { ToHome = (home, message, _) => AsFresh(home, message) }),

        // Answers
        ["Answers are lost on their way to the directory"] = (
            FaultClass.NetworkOnly, () => new Mutation { ToDirectory = (_, message) => message is Answer ? null : message }),
        ["Answers are lost on their way to the asker"] = (FaultClass.NetworkOnly, () => Mutation.OfAnswers(_ => [])),
        ["An answer counts for another server"] = (
            FaultClass.NetworkOnly, () => Mutation.OfAnswers(answers => answers.Select(answer => answer with { From = answer.To }))),
        ["An answer comes twice"] = (
            FaultClass.NetworkOnly,
            () => Mutation.OfAnswers(answers => answers.SelectMany(answer => new[] { answer, answer with { From = answer.From.NextIncarnation() } }))),
        ["A part of an answer comes again as the next one"] = (
            FaultClass.NetworkOnly,
            () =>
                Mutation.OfAnswers(answers =>
                    answers.Select(answer => answer.Last ? answer with { Part = answer.Part + 1 } : answer).SelectMany(
                        answer => answer.Last ? [answer] : new[] { answer, answer with { Part = 1 } }))),
        ["An answer goes to another request"] = (
            FaultClass.NetworkOnly, () => Mutation.OfAnswers(answers => answers.Select(answer => answer with { Request = answer.Request + 1 }))),
        ["Answers are not given again when the directory is back"] = (FaultClass.DirectoryKilled, LoseRepeatedAnswers),
        ["Answers are never acknowledged"] = (
            FaultClass.NetworkOnly,
            () =>
                new Mutation
                {
                    ToDirectory = (_, message) => message switch
                    {
                        AcknowledgeAnswers => null,
                        Protocol.Describe describe => describe
                    with
                        { Handled = 0 },
                        _ => message
                    }
                }),

        // Machines
        ["One machine is enough"] = (FaultClass.MachineKilled, () => new Mutation { Options = settings => settings with { OnSecondMachine = false } }),
        ["A home accepts though it is not sure of its place"] = (
            FaultClass.MachineCutOff, () => new Mutation { Options = settings => settings with { SureOfPlace = false } }),
        ["Everything counts as held"] = (FaultClass.MachineKilled, () => Mutation.OfHeads(head => head with { Held = Head.AllHeld })),

        // Histories
        ["A history lacks the outbox"] = (FaultClass.DirectoryKilled, () => Mutation.OfHistories(history => history with { Outbox = [] })),
        ["A history lacks what was answered"] = (
            FaultClass.DirectoryKilled, () => Mutation.OfHistories(history => history with { Outbox = [.. history.Outbox.Where(item => item.Number == 0)] })),
        ["A history lacks what was retained"] = (
            FaultClass.DirectoryKilledAgainAndAgain, () => Mutation.OfHistories(history => history with { Retained = [] })),
        ["A history lacks what was seen"] = (FaultClass.DirectoryKilledAgainAndAgain, () => Mutation.OfHistories(history => history with { Seen = [] })),
        ["A history lacks the rooms"] = (FaultClass.DirectoryKilled, () => Mutation.OfHistories(history => history with { Rooms = [] })),
        ["A history claims that all was handled"] = (
            FaultClass.DirectoryKilled, () => Mutation.OfHistories(history => history with { Handled = Math.Max(history.Handled, history.Number) })),
        ["Numbers begin anew"] = (FaultClass.DirectoryKilled, () => Mutation.OfHistories(history => history with { Number = 0, Handled = 0 })),
        ["A history lists only its own server"] = (
            FaultClass.DirectoryKilled, () => Mutation.OfHistories(history => history with { List = [], ListVersion = 0 })),
        ["A history lacks the sockets that moved"] = (
            FaultClass.DirectoryKilledAgainAndAgain, () => Mutation.OfHistories(history => history with { Moved = [] })),
        ["Whoever lost a socket to a later claim is not told"] = (
            FaultClass.DirectoryKilledAgainAndAgain,
            () => WithManyBreaks(Slow(AtOnce(new Mutation { ToServer = (_, message) => message is Registered r ? r with { Taken = [] } : message })))),
        ["Who does not know what it sent last says that it sent nothing"] = (
            FaultClass.NetworkOnly,
            () => WithManyBreaks(Impatient(Mutation.OfOperations(o => o.Word is SessionAway { LastSent.IsUnknown: true } away
                ? Operation.Session(away with { LastSent = default }, o.AsOf)
                : o)))),
        ["The merge's results are wrong"] = (
            FaultClass.DirectoryKilledAgainAndAgain,
            () => new Mutation { ToServer = (_, message) => message is Registered r ? r with { Results = [.. r.Results.Select(Shifted)] } : message }),
    };

    /// <summary>Changes of the list are told at once, all of them: a home that says less has other executions, in which one mutation hardly shows.</summary>
    private static Mutation AtOnce(Mutation mutation) => mutation.With(settings => settings with { Home = settings.Home with { ListPause = 0 } });

    /// <summary>Nobody waits long for a claim, so that many come to nothing when the socket is there already.</summary>
    private static Mutation Impatient(Mutation mutation) => mutation.With(
        settings => settings with { OperationsTimeOut = true, Replica = settings.Replica with { OperationTimeout = 20 } });

    /// <summary>Much is on its way for long.</summary>
    private static Mutation Slow(Mutation mutation) => mutation.With(
        settings => settings with { Links = new Links(false, 0.05, 0.05, 0.2, settings.Links.Delay) });

    /// <summary>So little is kept that some of it is gone when somebody asks.</summary>
    private static Mutation WithSmallWindow(Mutation mutation) => mutation.With(
        settings => settings with { Recovery = settings.Recovery is { } recovery ? recovery with { WindowBytes = 400 } : null });

    /// <summary>Clients come back all the time: for what shows only where several come back one upon the other.</summary>
    private static Mutation WithManyBreaks(Mutation mutation) => mutation.With(
        settings => settings with { MoreBreaks = 25, Recovery = new RecoverySettings(20_000, 25_000, 1 << 20, 1_000) });

    /// <summary>As if the last number of the epochs before were not known.</summary>
    private static WorkerMessage WithAnyNumber(Home home, WorkerMessage message)
    {
        return message is Submit submit && home.IsOpen ? submit with { Operations = [.. submit.Operations.Select(Change)] } : message;

        Operation Change(Operation operation) => operation.Word is SessionClaim { Offset: var offset } claim && offset.Number <= home.Number
            && home.Past.Any(past => past.Epoch == offset.Epoch && past.Last < offset.Number)
                ? Operation.Claim(claim with { Offset = new OrderOffset(home.Epoch, offset.Number) })
                : operation;
    }

    private static Push SwapOnOneServer(SimulatedServer server, Push push)
    {
        if (server.Slot > 0 || push.Entries.Count < 2 || push.Entries[0].Publisher == push.Entries[1].Publisher)
        {
            return push;
        }
        var (first, second) = (push.Entries[0], push.Entries[1]);
        return push with { Entries = [second with { Number = first.Number }, first with { Number = second.Number }, .. push.Entries.Skip(2)] };
    }

    private static Push RepeatLast(SimulatedServer server, Push push)
    {
        if (push.Entries.Count == 0 || push.Entries[^1].Operation.Kind != OperationKind.Emit)
        {
            return push;
        }
        var last = push.Entries[^1];
        return push with { Entries = [.. push.Entries, last with { Number = last.Number + 1, Position = last.Position + 1 }] };
    }

    private static Mutation NeverReadAfterSilence() => new()
    {
        Options = settings => settings with { Replica = settings.Replica with { ReadAfterSilence = long.MaxValue } },
    };

    private static WorkerMessage? Unacknowledged(WorkerMessage message) => message switch
    {
        Acknowledge => null,
        Renew renew => renew with { Handled = 0 },
        ReadAfter read => read with { Handled = 0 },
        _ => message,
    };

    private static Mutation RepeatedBatchesAreNew()
    {
        var next = new Dictionary<ServerId, long>();
        return new Mutation
        {
            ToHome = (_, message, copy) =>
            {
                if (message is not Submit submit)
                {
                    return message;
                }
                if (copy > 0 && next.TryGetValue(submit.Life, out var position))
                {
                    return submit with { First = position };
                }
                next[submit.Life] = submit.First + submit.Operations.Count;
                return submit;
            },
        };
    }

    private static Mutation LoseRepeatedAnswers()
    {
        HashSet<(ServerId, long, int)> given = [];
        return new Mutation
        {
            ToDirectory = (_, message) => message is Answer answer && !given.Add((answer.From, answer.Request, answer.Part)) ? null
            : message
        };
    }

    private static Operation AsOf(Operation operation, long number) => Operation.Own(operation.Rooms[0], operation.Kind == OperationKind.Join, number);

    private static Mutation HideRemoteJoins()
    {
        var sign = Room.Named("a remote join, hidden");
        return new Mutation
        {
            ToHome = (_, message, _) => message is Submit submit ? submit with { Operations = [.. submit.Operations.Select(Hide)] } : message,
            ToServer = (_, message) =>
                message is Push push ? push with { Entries = [.. push.Entries.Select(entry => entry with { Operation = Show(entry.Operation) })] } : message,
        };

        Operation Hide(Operation operation) =>
            operation.Kind == OperationKind.SocketsJoin ? Operation.SocketsLeave(operation.Target!, [sign, .. operation.Rooms]) : operation;

        Operation Show(Operation operation) =>
            operation.Kind == OperationKind.SocketsLeave && operation.Rooms[0] == sign
                ? Operation.SocketsJoin(operation.Target!, [.. operation.Rooms[1..]])
                : operation;
    }

    private static Mutation KeepFirstList()
    {
        var lists = new Dictionary<ServerId, IReadOnlyList<ServerId>>();
        return new Mutation
        {
            ToServer = (_, message) =>
            {
                if (message.Head is not { } head || (head.List ?? (object?)head.Changes) is null)
                {
                    return message;
                }
                lists.TryAdd(message.Life, head.List!); // the first head of a life has the whole list
                return message with { Head = head with { List = lists[message.Life], Changes = null } };
            },
        };
    }

    private static WorkerMessage AsCurrent(SimulatedHome home, WorkerMessage message) =>
        message is Register || !home.Home.IsOpen ? message : message with { Epoch = home.Home.Epoch, Session = home.SessionOf(message.Life) };

    private static HomeMessage AsCurrent(SimulatedServer server, HomeMessage message) =>
        message is Registered or WrongEpoch or Fenced ? message : message with { Epoch = server.State.Replica.Epoch, Session = server.Session };

    private static WorkerMessage AsFresh(SimulatedHome home, WorkerMessage message) =>
        message is Register { History: not null } register && home.Home.IsOpen ? register with { History = null } : message;

    private static OperationResult Shifted(OperationResult result) => result.Number > 0 ? result with { Number = result.Number + 3 } : result;

    private static ClaimAnswer GrantRepeated(ClaimAnswer claim) =>
        claim.Refusal == ClaimRefusal.Repeated ? claim with { Refusal = ClaimRefusal.None } : claim;
}
