namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// Whether a run kept the promises of PROTOCOL.md. What is wrong is thrown as a <see cref="ViolationException"/>, each with the name that the promise has
/// there.
/// </summary>
internal static class Checker
{
    /// <summary>P5: what has not come to rest, or was left behind; null when all is as it should be.</summary>
    public static string? Unrest(SimulatedCluster cluster) => EndState.Unrest(cluster);

    /// <summary>P1–P3, P6–P7, on the recording of a run that has come to rest.</summary>
    public static void Check(SimulatedCluster cluster)
    {
        CheckFences(cluster);
        foreach (var client in cluster.Recording.Clients)
        {
            client.Socket?.Read(client.Socket.Pipe.Count);
        }
        OrderCheck.Check(cluster.Recording);
        new DeliveryCheck(cluster.Recording).Check();
        new SessionCheck(cluster.Recording).Check();
        RequestCheck.Check(cluster);
    }

    /// <summary>
    /// P7: with reliable links, nobody who is well is fenced because a worker or the directory died. It may be who came right before the directory died: the
    /// others have not been told of it, and the next home opens without it where its Register comes a moment later.
    /// </summary>
    private static void CheckFences(SimulatedCluster cluster)
    {
        var mayFence = cluster.Settings.Faults is FaultClass.WorkerPausedPastItsLease or FaultClass.Overflow or FaultClass.DirectoryKilledAndWorkerLate
            or FaultClass.Everything or FaultClass.DirectoryAndWorkerKilledAsItOpens or FaultClass.FenceThenDirectoryKilled or FaultClass.TwoHomesAtOnce
            or FaultClass.WorkersReplacedThenDirectoryKilled or FaultClass.ClaimerAndDirectoryKilled or FaultClass.MachineCutOff;
        if (cluster.Settings.Links.InOrder && cluster.Recording.AnyFenced && !mayFence)
        {
            throw new ViolationException("P7: a healthy server was fenced");
        }
    }
}
