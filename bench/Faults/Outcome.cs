using System.Globalization;

namespace OrleansAdapter.Bench.Faults;

/// <summary>What came of a fault, for clients of machines that it did not befall.</summary>
/// <param name="Interrupted">The longest time between two publishes of one client.</param>
/// <param name="Lost">What was acknowledged to somebody, on whatever machine, and did not come, over all clients.</param>
/// <param name="Twice">What came twice.</param>
/// <param name="OutOfOrder">What came in no order that all have in common, or not in its publisher's.</param>
/// <param name="Kept">How many connections were kept.</param>
/// <param name="Of">Of how many.</param>
internal sealed record Outcome(TimeSpan Interrupted, int Lost, int Twice, int OutOfOrder, int Kept, int Of)
{
    /// <summary>What a machine that was cut off acknowledged to its own clients, longer after that than it may.</summary>
    public int False { get; init; }

    /// <summary>When all three machines were there again with silo and worker: after the kill, or after the network or the database was back.</summary>
    public TimeSpan? WholeAgain { get; init; }

    /// <summary>Whether everything held that is promised whatever the time.</summary>
    public bool IsRight => Lost + Twice + OutOfOrder + False == 0 && Kept == Of;

    /// <summary>The head of the table.</summary>
    public static string Head =>
        "| what | the others could not publish for | goal | lost | twice | out of order | false | connections kept | whole again after |\n"
        + "|---|---|---|---|---|---|---|---|---|";

    /// <summary>Its row.</summary>
    public string Row(Fault fault) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {fault.Text} | {Interrupted.TotalSeconds:0.0} s{(Interrupted > fault.Goal ? " (!)" : "")} | {fault.Goal.TotalSeconds:0} s | {Lost} | {Twice} "
        + $"| {OutOfOrder} | {False} | {Kept} of {Of} | {(WholeAgain is { } whole ? $"{whole.TotalSeconds:0.0} s" : "–")} |");
}
