using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>A load, by the name that the command line and the results know it by, and the servers that get it.</summary>
internal sealed record Load(string Name, string Text, Plan Plan, IReadOnlyList<Server> Servers)
{
    public int Workers { get; init; } = 2;

    /// <summary>How often each server gets it, in turn with the others.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>How long it is measured, where it is part of a series.</summary>
    public TimeSpan Length { get; init; }

    public Budget? Budget { get; init; }

    /// <summary>Whether it is about processor time, and servers are to be as warm as they get.</summary>
    public bool IsWarm { get; init; }
}

/// <summary>What the design asks for: processor time for each delivery, and the p99 as a part of Node.js' one.</summary>
internal sealed record Budget(double CpuMicros, double PartOfP99);
