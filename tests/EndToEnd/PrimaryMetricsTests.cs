using System.Diagnostics.Metrics;
using OrleansAdapter.Instrumentation;
using OrleansAdapter.Silo.Observation;
using OrleansAdapter.Tests.Documentation;

namespace OrleansAdapter.EndToEnd;

/// <summary>The primary's metrics, and the text in which it shows everybody's.</summary>
public sealed class PrimaryMetricsTests
{
    [Fact]
    public void The_table_of_the_primarys_metrics_has_each_with_its_kind_unit_and_tags()
    {
        List<string> published = [];
        using var metrics = new PrimaryMetrics(
            () => new PrimaryFigures([("active", 2)], [("worker-1", 7)], [("worker-1", 1)], 1, 2, 3, (4, 5)));
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (instrument.Name.StartsWith("orleansadapter.primary.", StringComparison.Ordinal))
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, _, measured, _) => Add(instrument, measured));
        listener.SetMeasurementEventCallback<long>((instrument, _, measured, _) => Add(instrument, measured));
        listener.Start();
        listener.RecordObservableInstruments();

        var documented = MarkdownTables.Rows("OPERATIONS.md", "metric of the primary", "kind", "unit", "tags", "what it counts");
        Assert.Equal(
            published.Distinct().Order(StringComparer.Ordinal), documented.Select(row => string.Join(" | ", row[..4])).Order(StringComparer.Ordinal));

        void Add(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> measured)
        {
            var kind = instrument.GetType().Name.Contains("UpDown", StringComparison.Ordinal) ? "up-down counter" : "counter";
            published.Add($"{instrument.Name} | {kind} | {instrument.Unit} | {(measured.Length == 0 ? "–" : measured[0].Key)}");
        }
    }

    [Fact]
    public void A_metric_of_several_processes_is_one_family_and_names_and_labels_are_as_Prometheus_reads_them()
    {
        MetricFamily counter = new("a.b", MetricKind.Counter, "{thing}", "Things.\nMany", [new(new Dictionary<string, string> { ["x.y"] = "\"\\\n" }, 3)]);
        MetricFamily histogram = new(
            "took", MetricKind.Histogram, "s", "Time.", [new(new Dictionary<string, string>(), 0.75, [new(0.5, 1), new(null, 2)])]);
        MetricFamily gauge = new("waiting", MetricKind.Gauge, "By", "Bytes.", [new(new Dictionary<string, string>(), 1.5)]);

        var text = PrometheusText.Write([("one", [counter, gauge]), ("two", [histogram, counter]), ("three", null)]);

        Assert.Equal(
            """
            # HELP orleansadapter_process_up Whether the process has said its metrics.
            # TYPE orleansadapter_process_up gauge
            orleansadapter_process_up{process="one"} 1
            orleansadapter_process_up{process="two"} 1
            orleansadapter_process_up{process="three"} 0
            # HELP a_b_total Things.\nMany
            # TYPE a_b_total counter
            a_b_total{process="one",x_y="\"\\\n"} 3
            a_b_total{process="two",x_y="\"\\\n"} 3
            # HELP took_seconds Time.
            # TYPE took_seconds histogram
            took_seconds_bucket{process="two",le="0.5"} 1
            took_seconds_bucket{process="two",le="+Inf"} 2
            took_seconds_sum{process="two"} 0.75
            took_seconds_count{process="two"} 2
            # HELP waiting_bytes Bytes.
            # TYPE waiting_bytes gauge
            waiting_bytes{process="one"} 1.5

            """,
            text);
    }
}
