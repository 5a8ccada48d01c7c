using System.Diagnostics.Metrics;

namespace OrleansAdapter.Grains.Local;

/// <summary>What a directory counts. The gauges are as of its last tick.</summary>
internal sealed class DirectoryMetrics : IDisposable
{
    private const string NamespaceTag = "namespace";
    private const string ReasonTag = "reason";

    private readonly Meter _meter = new(Telemetry.MeterName);
    private readonly Counter<long> _epochs;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _removed;
    private readonly Counter<long> _refused;

    public DirectoryMetrics(DirectoryHost directory)
    {
        _epochs = _meter.CreateCounter<long>("orleansadapter.directory.epochs", "{epoch}", "Epochs opened: one for each start of a home.");
        _operations = _meter.CreateCounter<long>("orleansadapter.directory.operations", "{operation}", "Operations received: publishes, joins, leaves and requests.");
        _removed = _meter.CreateCounter<long>("orleansadapter.directory.lives.removed", "{life}", "Lives that a home removed, by reason.");
        _refused = _meter.CreateCounter<long>("orleansadapter.directory.answers.refused", "{answer}", "Parts of answers that did not reach the asker, by reason.");
        _meter.CreateObservableGauge("orleansadapter.directory.servers", () => directory.ServerCount, "{server}", "Servers that are registered.");
        _meter.CreateObservableGauge("orleansadapter.directory.answers.waiting", () => directory.WaitingAnswerBytes, "By", "Answers that wait for their askers.");
        _meter.CreateObservableGauge("orleansadapter.directory.mailbox.lag", () => Measure(directory, status => status.Backlog), "{entry}", "Entries that wait in mailboxes.");
        _meter.CreateObservableGauge("orleansadapter.directory.number", () => Measure(directory, status => status.Number), "{operation}", "The last number given.");
        _meter.CreateObservableGauge("orleansadapter.directory.rooms", () => Measure(directory, status => status.Rooms), "{room}", "Rooms that have members.");
        _meter.CreateObservableGauge("orleansadapter.directory.lives", () => Measure(directory, status => status.Lives), "{life}", "Lives that are admitted.");
    }

    public void EpochOpened(string @namespace) => _epochs.Add(1, Tag(@namespace));

    public void Published(int count) => _operations.Add(count);

    public void LifeRemoved(string @namespace, RemovalReason reason) => _removed.Add(1, Tag(@namespace), new(ReasonTag, reason.ToString()));

    public void AnswerRefused(AnswerRefusal reason) => _refused.Add(1, new KeyValuePair<string, object?>(ReasonTag, reason.ToString()));

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Measure(DirectoryHost directory, Func<RoomsStatus, long> value) =>
        directory.Homes.Select(home => new Measurement<long>(value(home.Status), Tag(home.Namespace)));

    private static KeyValuePair<string, object?> Tag(string @namespace) => new(NamespaceTag, @namespace);
}
