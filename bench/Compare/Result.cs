namespace OrleansAdapter.Bench.Compare;

/// <summary>What one server made of one load: its runs, and the median of them.</summary>
internal sealed record Result(string Server, IReadOnlyList<Measurement> Runs)
{
    public double DeliveriesPerSecond => Median(run => run.DeliveriesPerSecond);

    public double CpuMicros => Median(run => run.CpuMicros);

    /// <summary>How far its runs lie apart in processor time, as a part of the median.</summary>
    public double CpuSpread => (Runs.Max(run => run.CpuMicros) - Runs.Min(run => run.CpuMicros)) / CpuMicros;

    public double KernelPart => Median(run => run.KernelPart);

    /// <summary>Processor time of the thread that is all clients, as a part of one core: near 1 the clients are what is measured.</summary>
    public double ClientCore => Median(run => run.ClientCpuMicros * run.DeliveriesPerSecond / 1e6);

    public double MessagesPerRead => Median(run => run.MessagesPerRead);

    public double P50 => Median(run => run.P50);

    public double P99 => Median(run => run.P99);

    public double P999 => Median(run => run.P999);

    public double Max => Runs.Max(run => run.Max);

    public double Megabytes => Median(run => run.Megabytes);

    /// <summary>The same of its first seconds; nothing where those were not measured.</summary>
    public double? ColdCpuMicros => Runs[0].Cold is null ? null : Median(run => run.Cold!.CpuMicros);

    /// <summary>How much more processor time it takes then than later.</summary>
    public double? ColdTimesWarm => Runs[0].Cold is null ? null : Median(run => run.Cold!.CpuMicros / run.CpuMicros);

    public double? StartSeconds => Runs[0].Cold is null ? null : Median(run => run.Cold!.StartSeconds);

    public double? ColdP99 => Runs[0].Cold is null ? null : Median(run => run.Cold!.P99);

    /// <summary>Its processor time for each delivery, as a multiple of Node.js' and of the floor's; nothing where those did not run.</summary>
    public double? TimesNode { get; init; }

    public double? TimesFloor { get; init; }

    /// <summary>Its p99 as a multiple of Node.js' one.</summary>
    public double? P99TimesNode { get; init; }

    /// <summary>Its processor time as a multiple of SignalR's with Redis; nothing where that did not run.</summary>
    public double? TimesRedis { get; init; }

    public double? P99TimesRedis { get; init; }

    /// <summary>Whether it is within the budget of the load; nothing where there is none for it.</summary>
    public bool? CpuIsInBudget { get; init; }

    public bool? P99IsInBudget { get; init; }

    private double Median(Func<Measurement, double> what)
    {
        var sorted = Runs.Select(what).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>All results of one load.</summary>
internal sealed record LoadResult(string Name, string Text, int Workers, Budget? Budget, IReadOnlyList<Result> Results)
{
    public static LoadResult Of(Load load, IReadOnlyDictionary<string, List<Measurement>> runs)
    {
        List<Result> plain = [.. load.Servers.Select(server => new Result(server.Name, runs[server.Name]))];
        var node = plain.Find(result => result.Server == Servers.ServerList.Node.Name);
        var redis = plain.Find(result => result.Server == Servers.ServerList.SignalRRedis.Name);
        var floor = plain.Find(result => result.Server == Servers.ServerList.Floor.Name);
        return new LoadResult(load.Name, load.Text, load.Workers, load.Budget, [.. plain.Select(result => result with
        {
            TimesNode = result.CpuMicros / node?.CpuMicros,
            TimesFloor = result.CpuMicros / floor?.CpuMicros,
            P99TimesNode = result.P99 / node?.P99,
            TimesRedis = result.CpuMicros / redis?.CpuMicros,
            P99TimesRedis = result.P99 / redis?.P99,
            CpuIsInBudget = IsOurs(result) && load.Budget is { } limit ? result.CpuMicros <= limit.CpuMicros : null,
            P99IsInBudget = IsOurs(result) && load.Budget is { } budget && node is not null ? result.P99 <= node.P99 * budget.PartOfP99 : null,
        })]);
    }

    private static bool IsOurs(Result result) => result.Server.StartsWith(Servers.ServerList.OurName, StringComparison.Ordinal);
}
