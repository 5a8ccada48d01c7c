namespace OrleansAdapter.Instrumentation;

/// <summary>A metric and its points, as one process has them.</summary>
/// <param name="Name">Its name, with dots.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Description">What it counts.</param>
/// <param name="Points">A point for each set of tags.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Unit, string Description, IReadOnlyList<MetricPointValue> Points);

/// <summary>What a metric is.</summary>
internal enum MetricKind
{
    /// <summary>Grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts values in buckets.</summary>
    Histogram,
}

/// <summary>The value of a metric for one set of tags.</summary>
/// <param name="Tags">The tags.</param>
/// <param name="Value">The value; of a histogram the sum.</param>
/// <param name="Buckets">Of a histogram: how many values were at most each bound, the last without one. Each counts those of the ones before.</param>
internal sealed record MetricPointValue(IReadOnlyDictionary<string, string> Tags, double Value, IReadOnlyList<MetricBucket>? Buckets = null);

/// <summary>A bucket of a histogram.</summary>
/// <param name="Bound">The greatest value that belongs to it; null for any.</param>
/// <param name="Count">How many values were at most that.</param>
internal sealed record MetricBucket(double? Bound, long Count);
