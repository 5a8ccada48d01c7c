using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansAdapter.Grains;

/// <summary>A home's figures as of its last tick, for gauges.</summary>
internal sealed record HomeSnapshot(long Epoch, bool IsOpen, long Number, int Rooms, int Lives, long Backlog, long Unstable)
{
    /// <summary>What clients may come back to; all zero where no server asks for that.</summary>
    public (long Sessions, long Away, long WindowBytes, long WindowAge) Recovery { get; private init; }

    /// <summary>How the home is now; the one before where nothing has changed, as in most ticks.</summary>
    public static HomeSnapshot Of(Home home, HomeSnapshot? before)
    {
        var now = (home.Epoch, home.IsOpen, home.Number, home.RoomCount, home.Lives.Count, home.Backlog, Unstable: home.Number - home.Stable);
        var recovery = home.RecoveryFigures;
        return before is not null && now == (before.Epoch, before.IsOpen, before.Number, before.Rooms, before.Lives, before.Backlog, before.Unstable)
            && recovery == before.Recovery
            ? before
            : new HomeSnapshot(now.Epoch, now.IsOpen, now.Number, now.RoomCount, now.Count, now.Backlog, now.Unstable) { Recovery = recovery };
    }
}

/// <summary>The directory's metrics in the meter <c>OrleansAdapter</c>, wherever it runs. Gauges show each home as of its last tick.</summary>
internal sealed class DirectoryMetrics : IDisposable
{
    private const string NamespaceTag = "namespace";
    private const string ReasonTag = "reason";

    private readonly Meter _meter;
    private readonly BoundedNames _names = new(BoundedNames.Namespaces);
    private readonly Counter<long> _epochs;
    private readonly Counter<long> _merges;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _removed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _sessionsEnded;
    private readonly ConcurrentDictionary<object, (string Namespace, Func<HomeSnapshot> Look)> _homes = new();
    private readonly ConcurrentDictionary<object, Func<(int Servers, long WaitingBytes)>> _lists = new();

    public DirectoryMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(Telemetry.MeterName);
        _epochs = _meter.CreateCounter<long>("orleansadapter.directory.epochs", "{epoch}", "Epochs opened: one for each start of a home.");
        _merges = _meter.CreateCounter<long>(
            "orleansadapter.directory.merges", "{epoch}", "Epochs that began with what servers remembered of the ones before.");
        _operations = _meter.CreateCounter<long>(
            "orleansadapter.directory.operations", "{operation}", "Operations received: publishes, joins, leaves and requests.");
        _removed = _meter.CreateCounter<long>("orleansadapter.directory.lives.removed", "{life}", "Lives that a home removed, by reason.");
        _refused = _meter.CreateCounter<long>(
            "orleansadapter.directory.answers.refused", "{answer}", "Parts of answers that did not reach the asker, by reason.");
        _sessionsEnded = _meter.CreateCounter<long>(
            "orleansadapter.directory.sessions.ended", "{session}", "Sessions that clients cannot come back to any more, by reason.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.servers", () => _lists.Values.Sum(look => look().Servers), "{server}", "Servers that are registered.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.answers.waiting", () => _lists.Values.Sum(look => look().WaitingBytes), "By", "Answers that wait for their askers.");
        _meter.CreateObservableGauge("orleansadapter.directory.mailbox.lag", () => Measure(home => home.Backlog), "{entry}", "Entries that wait in mailboxes.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.unstable", () => Measure(home => home.Unstable), "{operation}", "Operations that not every server has acknowledged.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.holding", () => Measure(home => home.IsOpen ? 0 : 1), "{home}", "Homes that wait for servers of the one before.");
        _meter.CreateObservableGauge("orleansadapter.directory.number", () => Measure(home => home.Number), "{operation}", "The last number given.");
        _meter.CreateObservableGauge("orleansadapter.directory.rooms", () => Measure(home => home.Rooms), "{room}", "Rooms that have members.");
        _meter.CreateObservableGauge("orleansadapter.directory.lives", () => Measure(home => home.Lives), "{life}", "Lives that are admitted.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.sessions", () => Measure(home => home.Recovery.Sessions), "{session}", "Sessions that clients may come back to.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.sessions.away", () => Measure(home => home.Recovery.Away), "{session}", "Sessions whose clients are away.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.window.bytes", () => Measure(home => home.Recovery.WindowBytes), "By", "What is kept for clients that come back.");
        _meter.CreateObservableGauge(
            "orleansadapter.directory.window.age", () => Measure(home => home.Recovery.WindowAge, Enumerable.Max), "ms", "How old the oldest of it is.");
    }

    /// <summary>Shows a home in the gauges until <see cref="Forget"/>.</summary>
    public void Observe(object home, string @namespace, Func<HomeSnapshot> look)
    {
        if (IsShown(@namespace))
        {
            _homes[home] = (@namespace, look);
        }
    }

    /// <summary>Shows a list of servers, or one server's answers, in the gauges until <see cref="Forget"/>.</summary>
    public void Observe(object list, Func<(int Servers, long WaitingBytes)> look) => _lists[list] = look;

    /// <summary>Shows a home or list no longer.</summary>
    public void Forget(object observed)
    {
        _homes.TryRemove(observed, out _);
        _lists.TryRemove(observed, out _);
    }

    public void EpochOpened(string @namespace, bool merged)
    {
        if (!IsShown(@namespace))
        {
            return;
        }
        _epochs.Add(1, Tag(@namespace));
        if (merged)
        {
            _merges.Add(1, Tag(@namespace));
        }
    }

    public void Received(string @namespace, int operations)
    {
        if (IsShown(@namespace))
        {
            _operations.Add(operations);
        }
    }

    public void LifeRemoved(string @namespace, RemovalReason reason)
    {
        if (IsShown(@namespace))
        {
            _removed.Add(1, Tag(@namespace), new(ReasonTag, reason.ToString()));
        }
    }

    public void AnswerRefused(AnswerRefusal reason) => _refused.Add(1, new KeyValuePair<string, object?>(ReasonTag, reason.ToString()));

    public void SessionEnded(string @namespace, SessionEnd reason) => _sessionsEnded.Add(1, Tag(@namespace), new(ReasonTag, reason.ToString()));

    public void Dispose() => _meter.Dispose();

    /// <summary>A server that warms up is not counted among those that serve.</summary>
    private static bool IsShown(string @namespace) => !WarmUpNamespaces.Is(@namespace);

    /// <summary>A value of each home, by its namespace; of namespaces that are shown as one, all together.</summary>
    private IEnumerable<Measurement<long>> Measure(Func<HomeSnapshot, long> value, Func<IEnumerable<long>, long>? together = null) =>
        from home in _homes.Values
        group value(home.Look()) by _names.Of(home.Namespace) into same
        select new Measurement<long>((together ?? Enumerable.Sum)(same), Tag(same.Key));

    private KeyValuePair<string, object?> Tag(string @namespace) => new(NamespaceTag, _names.Of(@namespace));
}
