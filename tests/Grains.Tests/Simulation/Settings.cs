using OrleansAdapter.Replication;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>How a network treats messages.</summary>
/// <param name="InOrder">Reliable and in order, as one connection is; messages to a process that died are gone.</param>
/// <param name="Loss">How likely a message is lost.</param>
/// <param name="Repeat">How likely it arrives twice.</param>
/// <param name="Slow">How likely it takes up to half a second.</param>
/// <param name="Delay">The most that it takes otherwise.</param>
internal sealed record Links(bool InOrder, double Loss, double Repeat, double Slow, int Delay);

/// <summary>All that is drawn before a run begins.</summary>
internal sealed record Settings
{
    /// <summary>The last traffic is planned by then; faults end a little later.</summary>
    public const long TrafficEnds = 1_500;

    /// <summary>From here on nothing fails any more.</summary>
    public const long QuietFrom = 1_900;

    /// <summary>By then everything ought to have come to rest, and at the latest…</summary>
    public const long FirstLook = 3_200;

    /// <summary>… by then.</summary>
    public const long LastLook = 9_000;

    /// <summary>How often each home and each server is given the time.</summary>
    public const long TickEvery = 20;

    /// <summary>How often each server describes itself.</summary>
    public const long HeartbeatEvery = 150;

    public required FaultClass Faults { get; init; }

    public required Links Links { get; init; }

    public required int Servers { get; init; }

    public required int Rooms { get; init; }

    /// <summary>Whether every message is written to bytes, and read from them for each arrival.</summary>
    public required bool ThroughCodec { get; init; }

    /// <summary>How long a server's turn may gather what comes.</summary>
    public required int TurnLength { get; init; }

    /// <summary>Whether servers notice that the directory is back.</summary>
    public required bool NoticesReconnect { get; init; }

    /// <summary>Whether operations may fail because the directory does not answer in time.</summary>
    public required bool OperationsTimeOut { get; init; }

    /// <summary>How many machines there are, on which servers are spread, and each of which may have the home.</summary>
    public int Machines { get; init; } = 1;

    /// <summary>Whether a publish is acknowledged only when a second machine has it.</summary>
    public bool OnSecondMachine { get; init; } = true;

    /// <summary>Whether a home accepts only while its silo is sure of its place.</summary>
    public bool SureOfPlace { get; init; } = true;

    public required HomeOptions Home { get; init; }

    /// <summary>The list of servers, and the answers that wait for them.</summary>
    public ServersOptions Answers { get; } = new() { Lease = 600, PauseThreshold = 150, DeathMemory = 3_000, AnswerLife = 3_000, BatchBytes = 200 };

    /// <summary>What clients may come back to; null where their connections do not break.</summary>
    public RecoverySettings? Recovery { get; init; }

    public bool Recovers => Recovery is not null;

    /// <summary>How many connections break besides those that are drawn.</summary>
    public int MoreBreaks { get; init; }

    /// <summary>Whether the window is too large to be an excuse.</summary>
    public bool HasAmpleWindow => Recovery is { KeepSessions: > 5_000, WindowBytes: > 100_000, MaximumMissed: > 50 };

    public required ReplicaOptions Replica { get; init; }

    private static RecoverySettings DrawRecovery(Dice dice)
    {
        var ample = dice.Chance(0.6);
        var keep = ample ? 20_000 : 200 + dice.Below(1_000);
        return new RecoverySettings(
            keep, keep + (ample ? 5_000 : dice.Below(500)), ample || dice.Chance(0.5) ? 1 << 20 : 300 + dice.Below(2_000), ample ? 1_000 : 1 + dice.Below(10));
    }

    public static Settings Draw(FaultClass faults, Dice dice)
    {
        var delay = 2 + dice.Below(12);
        var overflows = faults == FaultClass.Overflow || (faults == FaultClass.Everything && dice.Chance(0.3));
        var timesOut = dice.Chance(0.2);
        var smallBytes = dice.Chance(0.25);
        var hasMachines = faults is FaultClass.MachineKilled or FaultClass.MachineCutOff;
        return new Settings
        {
            Faults = faults,
            Links = dice.Below(4) switch
            {
                0 => new Links(true, 0, 0, 0, delay),
                1 => new Links(false, 0.02, 0.02, 0.01, delay),
                2 => new Links(false, 0.08, 0.1, 0.03, delay),
                _ => new Links(false, 0.2, 0.2, 0.06, delay),
            },
            Machines = hasMachines ? 2 + dice.Below(2) : 1,
            Servers = (hasMachines ? 3 : 2) + dice.Below(3),
            Rooms = 2 + dice.Below(2),
            ThroughCodec = dice.Chance(0.3),
            TurnLength = dice.Chance(0.5) ? 0 : 1 + dice.Below(4),
            NoticesReconnect = dice.Chance(0.5),
            OperationsTimeOut = timesOut,
            Recovery = dice.Chance(0.5) || faults == FaultClass.ClaimerAndDirectoryKilled ? DrawRecovery(dice) : null,
            Home = new HomeOptions
            {
                Lease = 600,
                Hold = 250,
                HoldForKnown = 250,
                PauseThreshold = 150,
                DeathMemory = 3_000,
                MailboxLimit = overflows ? (4 + dice.Below(8)) * 140 : 64 << 20,
                BatchEntries = 1 + dice.Below(4),
                BatchBytes = smallBytes ? 100 + dice.Below(400) : 256 << 10,
            },
            Replica = new ReplicaOptions
            {
                RenewEvery = 100,
                RegisterAgainAfter = 30,
                SubmitAgainAfter = 60,
                ReadAfterSilence = dice.Chance(0.5) ? 40 : 200,
                OperationTimeout = timesOut ? 20 + dice.Below(400) : 1_000_000,
                BatchOperations = 1 + dice.Below(4),
                BatchBytes = smallBytes ? 100 + dice.Below(400) : 256 << 10,
            },
        };
    }
}
