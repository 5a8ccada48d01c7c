using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Grains;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Requests;
using OrleansAdapter.SignalR;
using OrleansAdapter.SocketIO;
using OrleansAdapter.Tests.SignalR;

namespace OrleansAdapter.Tests.Documentation;

/// <summary>docs/OPERATIONS.md lists every metric, as it is.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private const string Document = "OPERATIONS.md";

    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, Measured> _measured = new(StringComparer.Ordinal);
    private WebApplication _app = null!;

    /// <summary>A server with its directory in this process, of which every metric is measured.</summary>
    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0)).UseUrls();
        builder.Services.AddDirectory();
        builder.Services.AddSignalR().AddOrleansAdapter(options => options.MapHub<TestHub>("/"));
        builder.Services.AddSocketIO(options => options.ConnectionStateRecovery = new ConnectionStateRecoveryOptions());
        _app = builder.Build();
        Listen(_app.Services.GetRequiredService<IMeterFactory>());
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _app.Services.GetRequiredService<HubLifetimeManager<TestHub>>();
        _app.Services.GetRequiredService<SocketIOServer>();
        MeasureAll(_app.Services.GetRequiredService<ThisServer>().Metrics, _app.Services.GetRequiredService<DirectoryMetrics>());
        await _app.Services.GetRequiredService<SocketIOServer>().Emit("said"); // by its end the namespace has had a turn
        _listener.RecordObservableInstruments();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    [Fact]
    public void The_table_of_metrics_has_each_with_its_kind_unit_and_tags()
    {
        var documented = MarkdownTables.Rows(Document, "metric", "kind", "unit", "tags", "what it counts").Select(row => string.Join(" | ", row[..4]));
        var published = _measured.Select(metric => $"{metric.Key} | {metric.Value.Kind} | {metric.Value.Unit} | {Joined(metric.Value.Tags.Keys)}");
        Assert.Equal(published.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_table_of_tags_has_their_values()
    {
        // A tag that has many values takes several rows.
        var documented =
            from row in MarkdownTables.Rows(Document, "metric", "tag", "values")
            group row[2].Split(", ") by $"{row[0]} | {row[1]}" into same
            select $"{same.Key} | {Joined(same.SelectMany(values => values).Order(StringComparer.Ordinal))}";
        var tagged =
            from metric in _measured
            from tag in metric.Value.Tags
            where tag.Key is not ("namespace" or "event")
            select $"{metric.Key} | {tag.Key} | {Joined(tag.Value)}";
        Assert.Equal(tagged.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_metric_has_been_measured_here() => Assert.DoesNotContain(_measured, metric => !metric.Value.IsMeasured);

    /// <summary>What happens to a server now and then, with every value that a tag can have.</summary>
    private static void MeasureAll(AdapterMetrics server, DirectoryMetrics directory)
    {
        server.Published();
        server.PublishRefused();
        server.Delivered(1);
        server.Dropped(1);
        server.Fenced();
        Array.ForEach([.. Enum.GetValues<ClaimRefusal>().Where(refusal => refusal < ClaimRefusal.Repeated)], refusal => server.Claimed(refusal, 1));
        server.ClaimMalformed();
        Array.ForEach(Enum.GetValues<RequestKind>(), kind => server.Requested(kind.ToString(), "answered", 0));
        Array.ForEach(["answered", "partial", "failed", "given up"], outcome => server.Requested(nameof(RequestKind.Rooms), outcome, 0));
        server.Accepted("/", 0);
        server.HandedOver("/", 0);
        server.FannedOut(1);
        server.Handled("/", "say", 0);
        Array.ForEach([ClientKind.SignalR("WebSockets"), ClientKind.SocketIO("polling")], kind => server.Connected("/", kind));
        foreach (var protocol in new[] { ClientKind.SignalRProtocol, ClientKind.SocketIOProtocol })
        {
            Array.ForEach(Enum.GetValues<ConnectRefusal>(), reason => server.ConnectRefused(protocol, reason));
        }
        foreach (var reason in typeof(DisconnectReasons).GetFields().Select(field => (string)field.GetValue(null)!))
        {
            server.SocketEnded("/", ClientKind.SocketIO("polling"), reason);
        }
        Array.ForEach(Enum.GetNames<DisconnectReason>(), reason => server.SocketEnded("/", ClientKind.SignalR("WebSockets"), reason));
        server.SocketEnded("/", ClientKind.SignalR("WebSockets"), HubSocket.ClientGone);
        server.JoinsRefused(1);
        server.UnfinishedRefused();
        server.ForwardingLoop();
        Array.ForEach(["event", "connection", "user", "address", "connections"], server.RateLimited);
        Array.ForEach(Enum.GetValues<DisconnectReason>(), server.Disconnected);
        Array.ForEach(["done", "failed", "refused", "unknown"], server.Forwarded);
        Array.ForEach(["password", "session", "anonymous", "wrong", "expired", "missing", "held back", "remote"], server.AdminLogin);
        directory.EpochOpened("/", merged: true);
        directory.Received("/chat", 1);
        Array.ForEach(Enum.GetValues<RemovalReason>(), reason => directory.LifeRemoved("/", reason));
        Array.ForEach(Enum.GetValues<AnswerRefusal>(), directory.AnswerRefused);
        Array.ForEach(Enum.GetValues<SessionEnd>(), reason => directory.SessionEnded("/", reason));
    }

    private void Listen(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Telemetry.MeterName && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                _measured.Add(instrument.Name, new Measured(KindOf(instrument), instrument.Unit ?? ""));
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Measure(instrument, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Measure(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Measure(instrument, tags));
        _listener.Start();
    }

    private void Measure(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_measured)
        {
            var measured = _measured[instrument.Name];
            measured.IsMeasured = true;
            foreach (var (name, value) in tags)
            {
                if (!measured.Tags.TryGetValue(name, out var values))
                {
                    measured.Tags[name] = values = new SortedSet<string>(StringComparer.Ordinal);
                }
                values.Add($"{value}");
            }
        }
    }

    private static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.Contains("UpDownCounter", StringComparison.Ordinal) ? "up-down counter"
            : type.Contains("Counter", StringComparison.Ordinal) ? "counter"
            : type.Contains("Gauge", StringComparison.Ordinal) ? "gauge"
            : type.Contains("Histogram", StringComparison.Ordinal) ? "histogram"
            : type;
    }

    private static string Joined(IEnumerable<string> names) => names.Any() ? string.Join(", ", names) : "–";

    private sealed record Measured(string Kind, string Unit)
    {
        public bool IsMeasured { get; set; }

        public SortedDictionary<string, SortedSet<string>> Tags { get; } = new(StringComparer.Ordinal);
    }
}
