using System.Globalization;
using System.Text;

namespace OrleansAdapter.Bench.Compare;

/// <summary>Results as people read them.</summary>
internal sealed record Table(string Title, string[] Head, List<string[]> Rows)
{
    private static readonly string[] LoadHead =
        ["server", "deliveries/s", "CPU µs/delivery", "× Node", "× floor", "p50 ms", "p99", "p99.9", "max", "p99 × Node", "messages/read", "clients", "MB"];

    private static readonly string[] SeriesHead =
    [
        "server", "deliveries/s", "CPU µs/delivery", "spread", "cold", "× Node", "× SignalR + Redis", "p50 ms", "p99", "cold", "p99 × Node",
        "p99 × SignalR + Redis", "clients", "MB",
    ];

    private static readonly string[] ColdHead = ["server", "start s", "cold µs/delivery", "warm", "cold × warm", "cold p99 ms", "warm"];

    /// <summary>A load of the series of single messages: cold and warm, beside what people would pick instead.</summary>
    public static Table OfSeries(LoadResult load) => new($"{load.Text}, {Workers(load)}", SeriesHead, [.. load.Results.Select(result => new[]
    {
        result.Server,
        Text(result.DeliveriesPerSecond, "#,0"),
        Text(result.CpuMicros, "0.00"),
        Text(result.CpuSpread, "0 %"),
        Text(result.ColdCpuMicros, "0.0"),
        Text(result.TimesNode, "0.00"),
        Text(result.TimesRedis, "0.00"),
        Text(result.P50, "0.0"),
        Text(result.P99, "0.0"),
        Text(result.ColdP99, "0.0"),
        Text(result.P99TimesNode, "0.00"),
        Text(result.P99TimesRedis, "0.00"),
        Text(result.ClientCore, "0 %"),
        Text(result.Megabytes, "0"),
    })]);

    /// <summary>A load in the first seconds and later.</summary>
    public static Table OfCold(LoadResult load) => new($"{load.Text}, {Workers(load)}: cold and warm", ColdHead, [.. load.Results.Select(result => new[]
    {
        result.Server,
        Text(result.StartSeconds, "0.0"),
        Text(result.ColdCpuMicros, "0.0"),
        Text(result.CpuMicros, "0.0"),
        Text(result.ColdTimesWarm, "0.00"),
        Text(result.ColdP99, "0.0"),
        Text(result.P99, "0.0"),
    })]);

    public static Table Of(LoadResult load)
    {
        return new Table($"{load.Text}, {Workers(load)}{Budget(load)}", LoadHead, [.. load.Results.Select(result => new[]
        {
            result.Server,
            Text(result.DeliveriesPerSecond, "#,0"),
            Text(result.CpuMicros, "0.00") + Mark(result.CpuIsInBudget),
            Text(result.TimesNode, "0.00"),
            Text(result.TimesFloor, "0.0"),
            Text(result.P50, "0.0"),
            Text(result.P99, "0.0") + Mark(result.P99IsInBudget),
            Text(result.P999, "0.0"),
            Text(result.Max, "0.0"),
            Text(result.P99TimesNode, "0.00"),
            Text(result.MessagesPerRead, "0.0"),
            Text(result.ClientCore, "0 %"),
            Text(result.Megabytes, "0"),
        })]);
    }

    public static Table Of(OpeningResults load) => new(load.Text, OpeningResults.Head, load.Rows);

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine(Title);
        var widths = Head.Select((_, column) => Rows.Append(Head).Max(row => row[column].Length)).ToArray();
        foreach (var row in Rows.Prepend(Head))
        {
            Console.WriteLine("  " + string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
        }
    }

    public string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"**{Title}**").AppendLine();
        text.AppendLine("| " + string.Join(" | ", Head) + " |").AppendLine("|---|" + string.Concat(Enumerable.Repeat("--:|", Head.Length - 1)));
        foreach (var row in Rows)
        {
            text.AppendLine("| " + string.Join(" | ", row) + " |");
        }
        return text.AppendLine().ToString();
    }

    private static string Workers(LoadResult load) => load.Workers == 1 ? "1 worker" : $"{load.Workers} workers";

    private static string Budget(LoadResult load) => load.Budget is { } budget
        ? string.Create(CultureInfo.InvariantCulture, $" (to reach: {budget.CpuMicros} µs, p99 ≤ {budget.PartOfP99:0.##} × Node)")
        : "";

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    private static string Mark(bool? isInBudget) => isInBudget switch { true => " ✓", false => " ✗", null => "" };
}
