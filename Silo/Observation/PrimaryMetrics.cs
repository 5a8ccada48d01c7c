using System.Diagnostics.Metrics;

namespace OrleansAdapter.Silo.Observation;

/// <summary>What the primary counts, as its metrics show it.</summary>
/// <param name="Workers">How many workers are in each state.</param>
/// <param name="Connections">How many connections each worker has.</param>
/// <param name="Restarts">How often each process was started again because it had died.</param>
/// <param name="Arriving">How many connections have no worker yet.</param>
/// <param name="HandOvers">How many connections were given to workers.</param>
/// <param name="Refusals">How many were answered 503 because no worker could take them.</param>
/// <param name="Reloads">How many reloads were done, and how many given up.</param>
internal sealed record PrimaryFigures(
    IReadOnlyList<(string State, int Count)> Workers,
    IReadOnlyList<(string Process, long Count)> Connections,
    IReadOnlyList<(string Process, long Count)> Restarts,
    long Arriving,
    long HandOvers,
    long Refusals,
    (long Done, long Failed) Reloads);

/// <summary>The primary's part of the meter <c>OrleansAdapter</c>.</summary>
internal sealed class PrimaryMetrics : IDisposable
{
    private readonly Meter _meter = new(Telemetry.MeterName);

    /// <param name="look">The figures as they are.</param>
    public PrimaryMetrics(Func<PrimaryFigures> look)
    {
        _meter.CreateObservableUpDownCounter(
            "orleansadapter.primary.workers",
            () => look().Workers.Select(worker => new Measurement<int>(worker.Count, Tag("state", worker.State))),
            "{worker}",
            "Workers, by what they are doing.");
        _meter.CreateObservableUpDownCounter(
            "orleansadapter.primary.connections",
            () => look().Connections.Select(worker => new Measurement<long>(worker.Count, Tag("worker", worker.Process))),
            "{connection}",
            "Connections that workers have: how even the balance is.");
        _meter.CreateObservableCounter(
            "orleansadapter.primary.restarts",
            () => look().Restarts.Select(process => new Measurement<long>(process.Count, Tag("child", process.Process))),
            "{restart}",
            "Processes that died and were started again.");
        _meter.CreateObservableUpDownCounter(
            "orleansadapter.primary.arriving", () => look().Arriving, "{connection}", "Connections that have no worker yet.");
        _meter.CreateObservableCounter(
            "orleansadapter.primary.handovers", () => look().HandOvers, "{connection}", "Connections that were given to workers.");
        _meter.CreateObservableCounter(
            "orleansadapter.primary.refusals", () => look().Refusals, "{connection}", "Connections that were refused because no worker could take them.");
        _meter.CreateObservableCounter("orleansadapter.primary.reloads", () => Reloads(look()), "{reload}", "Reloads, by how they ended.");
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<long>[] Reloads(PrimaryFigures figures) =>
        [new(figures.Reloads.Done, Tag("outcome", "done")), new(figures.Reloads.Failed, Tag("outcome", "failed"))];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
