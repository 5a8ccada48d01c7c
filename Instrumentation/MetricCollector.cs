using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace OrleansAdapter.Instrumentation;

/// <summary>Collects this process's metrics whenever it is asked. Safe under threads.</summary>
internal sealed class MetricCollector : IDisposable
{
    private const int CollectLimit = 1_000;

    private readonly Lock _lock = new();
    private readonly Exporter _exporter = new();

    public MetricCollector() => Reader = new BaseExportingMetricReader(_exporter);

    /// <summary>What the meter provider is given.</summary>
    public MetricReader Reader { get; }

    /// <summary>The metrics as they are now. Empty where they could not be collected within a second.</summary>
    public IReadOnlyList<MetricFamily> Collect()
    {
        lock (_lock)
        {
            _exporter.Families = [];
            _exporter.Collect!(CollectLimit);
            return _exporter.Families;
        }
    }

    public void Dispose() => Reader.Dispose();

    private static MetricFamily Read(Metric metric)
    {
        var kind = metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => MetricKind.Counter,
            MetricType.Histogram => MetricKind.Histogram,
            _ => MetricKind.Gauge,
        };
        List<MetricPointValue> points = [];
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var tags = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, value) in point.Tags)
            {
                tags[name] = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            }
            points.Add(metric.MetricType switch
            {
                MetricType.LongSum or MetricType.LongSumNonMonotonic => new MetricPointValue(tags, point.GetSumLong()),
                MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => new MetricPointValue(tags, point.GetSumDouble()),
                MetricType.LongGauge => new MetricPointValue(tags, point.GetGaugeLastValueLong()),
                MetricType.DoubleGauge => new MetricPointValue(tags, point.GetGaugeLastValueDouble()),
                _ => new MetricPointValue(tags, point.GetHistogramSum(), Buckets(point)),
            });
        }
        return new MetricFamily(metric.Name, kind, metric.Unit, metric.Description, points);
    }

    private static List<MetricBucket> Buckets(in MetricPoint point)
    {
        List<MetricBucket> buckets = [];
        var count = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            buckets.Add(new MetricBucket(double.IsPositiveInfinity(bucket.ExplicitBound) ? null : bucket.ExplicitBound, count));
        }
        return buckets;
    }

    [ExportModes(ExportModes.Pull)]
    private sealed class Exporter : BaseExporter<Metric>, IPullMetricExporter
    {
        public IReadOnlyList<MetricFamily> Families { get; set; } = [];

        public Func<int, bool>? Collect { get; set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            List<MetricFamily> families = [];
            foreach (var metric in batch)
            {
                if (metric.MetricType != MetricType.ExponentialHistogram)
                {
                    families.Add(Read(metric));
                }
            }
            Families = families;
            return ExportResult.Success;
        }
    }
}
