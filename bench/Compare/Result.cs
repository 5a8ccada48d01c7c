namespace OrleansAdapter.Bench.Compare;

/// <summary>What one server made of one load: its runs, and the mean of them.</summary>
internal sealed record Result(string Server, IReadOnlyList<Measurement> Runs)
{
    public double DeliveriesPerSecond => Runs.Average(run => run.DeliveriesPerSecond);

    public double CpuMicros => Runs.Average(run => run.CpuMicros);

    public double KernelPart => Runs.Average(run => run.KernelPart);

    public double MessagesPerRead => Runs.Average(run => run.MessagesPerRead);

    public double P50 => Runs.Average(run => run.P50);

    public double P99 => Runs.Average(run => run.P99);

    public double P999 => Runs.Average(run => run.P999);

    public double Max => Runs.Max(run => run.Max);

    public double Megabytes => Runs.Average(run => run.Megabytes);

    /// <summary>Its processor time for each delivery, as a multiple of Node.js' and of the floor's; nothing where those did not run.</summary>
    public double? TimesNode { get; init; }

    public double? TimesFloor { get; init; }

    /// <summary>Its p99 as a multiple of Node.js' one.</summary>
    public double? P99TimesNode { get; init; }

    /// <summary>Whether it is within the budget of the load; nothing where there is none for it.</summary>
    public bool? CpuIsInBudget { get; init; }

    public bool? P99IsInBudget { get; init; }
}

/// <summary>All results of one load.</summary>
internal sealed record LoadResult(string Name, string Text, int Workers, Budget? Budget, IReadOnlyList<Result> Results)
{
    public static LoadResult Of(Load load, IReadOnlyDictionary<string, List<Measurement>> runs)
    {
        List<Result> plain = [.. load.Servers.Select(server => new Result(server.Name, runs[server.Name]))];
        var node = plain.Find(result => result.Server == Servers.ServerList.Node.Name);
        var floor = plain.Find(result => result.Server == Servers.ServerList.Floor.Name);
        return new LoadResult(load.Name, load.Text, load.Workers, load.Budget, [.. plain.Select(result => result with
        {
            TimesNode = result.CpuMicros / node?.CpuMicros,
            TimesFloor = result.CpuMicros / floor?.CpuMicros,
            P99TimesNode = result.P99 / node?.P99,
            CpuIsInBudget = IsOurs(result) && load.Budget is { } limit ? result.CpuMicros <= limit.CpuMicros : null,
            P99IsInBudget = IsOurs(result) && load.Budget is { } budget && node is not null ? result.P99 <= node.P99 * budget.PartOfP99 : null,
        })]);
    }

    private static bool IsOurs(Result result) => result.Server.StartsWith(Servers.ServerList.OurName, StringComparison.Ordinal);
}
