namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>What goes wrong in a run, besides what the network does.</summary>
public enum FaultClass
{
    NetworkOnly,
    WorkerKilled,
    WorkerPausedPastItsLease,
    DirectoryKilled,
    DirectoryKilledAgainAndAgain,
    DirectoryAndWorkerKilled,
    Overflow,
    DirectoryKilledAndWorkerLate,
    Everything,
    DirectoryPaused,
    DirectoryKilledAsItOpens,
    DirectoryAndWorkerKilledAsItOpens,
    FenceThenDirectoryKilled,
    TwoHomesAtOnce,
    WorkersReplacedThenDirectoryKilled,
    ClaimerAndDirectoryKilled,
    MachineKilled,
    MachineCutOff,
}
