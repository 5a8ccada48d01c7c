namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>What happens in a run and when, drawn before it begins.</summary>
internal static class Plan
{
    /// <summary>The user of a new socket; none for most.</summary>
    public static string? User(Dice dice) => dice.Chance(0.3) ? $"u{dice.Below(2)}" : null;

    /// <summary>Plans the faults of the run's class. Returns the times around which things get interesting.</summary>
    public static List<long> Faults(SimulatedCluster cluster) => new FaultPlan(cluster).Draw();

    /// <summary>Plans joins, leaves, connects, disconnects and publishes, most of them around interesting times.</summary>
    public static void Traffic(SimulatedCluster cluster, List<long> hot)
    {
        var plan = new TrafficPlan(cluster, hot);
        plan.Draw();
        plan.DrawRepeats();
    }
}
