namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>A machine of several: a silo that may have the home, and the servers in the slots that are its own.</summary>
internal sealed class Machine(int index)
{
    /// <summary>How far its clock is off.</summary>
    private const int ClockError = 600_000;

    public int Index { get; } = index;

    public string Name { get; } = $"m{index}";

    /// <summary>Whether it runs.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>Whether the table has its silo as active; a new one joins later.</summary>
    public bool IsActive { get; set; } = true;

    /// <summary>Where its silo says that the home is.</summary>
    public SimulatedHome? Sees { get; set; }

    /// <summary>Whether its silo is sure of its place.</summary>
    public Standing Standing { get; set; } = new(SimulatedMachines.Validity);

    /// <summary>The homes that it has; more than one where one should have ended.</summary>
    public List<SimulatedHome> Homes { get; } = [];

    /// <summary>How many other silos were active when it read the table last.</summary>
    public int Others { get; set; }

    /// <summary>When it last heard each of the others' silos.</summary>
    public long[] Heard { get; } = new long[3];

    /// <summary>How far its clock is ahead of the true time.</summary>
    public long ClockAhead { get; private set; }

    /// <summary>Its clock jumps.</summary>
    public void SetClock(Dice dice) => ClockAhead = dice.Below(2 * ClockError) - ClockError;
}
