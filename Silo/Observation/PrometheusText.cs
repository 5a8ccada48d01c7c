using System.Globalization;
using System.Text;
using OrleansAdapter.Instrumentation;

namespace OrleansAdapter.Silo.Observation;

/// <summary>Metrics in Prometheus' text format, version 0.0.4. Each sample has the label <c>process</c>.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Whether a process has said its metrics.</summary>
    private const string Up = "orleansadapter_process_up";

    /// <summary>Units as Prometheus has them in names. Those in braces, which say what is counted, are left out.</summary>
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal) { ["By"] = "bytes", ["s"] = "seconds", ["ms"] = "milliseconds" };

    /// <summary>Writes the metrics of processes; of one that has not said them, null.</summary>
    public static string Write(IReadOnlyList<(string Process, IReadOnlyList<MetricFamily>? Metrics)> processes)
    {
        var text = new StringBuilder();
        Head(text, Up, "gauge", "Whether the process has said its metrics.");
        foreach (var (process, metrics) in processes)
        {
            Sample(text, Up, "", process, [], null, metrics is null ? 0 : 1);
        }
        var families =
            from one in processes
            from family in one.Metrics ?? []
            group (one.Process, family) by NameOf(family.Name, family.Kind, family.Unit) into same
            orderby same.Key
            select same;
        foreach (var family in families)
        {
            var (_, first) = family.First();
            Head(text, family.Key, first.Kind.ToString().ToLowerInvariant(), first.Description);
            foreach (var (process, metric) in family)
            {
                foreach (var point in metric.Points)
                {
                    Point(text, family.Key, process, point);
                }
            }
        }
        return text.ToString();
    }

    /// <summary>The name of a metric as Prometheus has it.</summary>
    public static string NameOf(string metric, MetricKind kind, string metricUnit)
    {
        var name = new StringBuilder(metric.Length + 16);
        foreach (var character in metric)
        {
            name.Append(char.IsAsciiLetterOrDigit(character) ? character : '_');
        }
        if (Units.TryGetValue(metricUnit, out var unit) && !metric.EndsWith(unit, StringComparison.Ordinal))
        {
            name.Append('_').Append(unit);
        }
        return name.Append(kind == MetricKind.Counter ? "_total" : "").ToString();
    }

    private static void Head(StringBuilder text, string name, string type, string description) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(description.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Point(StringBuilder text, string name, string process, MetricPointValue point)
    {
        if (point.Buckets is not { Count: > 0 } buckets)
        {
            Sample(text, name, "", process, point.Tags, null, point.Value);
            return;
        }
        foreach (var (bound, count) in buckets)
        {
            Sample(text, name, "_bucket", process, point.Tags, bound?.ToString("R", CultureInfo.InvariantCulture) ?? "+Inf", count);
        }
        Sample(text, name, "_sum", process, point.Tags, null, point.Value);
        Sample(text, name, "_count", process, point.Tags, null, buckets[^1].Count);
    }

    private static void Sample(
        StringBuilder text, string name, string suffix, string process, IEnumerable<KeyValuePair<string, string>> tags, string? bound, double value)
    {
        text.Append(name).Append(suffix).Append('{');
        Label(text, "process", process);
        foreach (var (tag, content) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            text.Append(',');
            Label(text, tag.Replace('.', '_'), content);
        }
        if (bound is not null)
        {
            text.Append(',');
            Label(text, "le", bound);
        }
        text.Append("} ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private static void Label(StringBuilder text, string name, string value) =>
        text.Append(name).Append("=\"").Append(value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
}
