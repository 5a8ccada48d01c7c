using System.Text.Json;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Instrumentation;

/// <summary>The primary's question for this process's metrics.</summary>
internal sealed class MetricsQuestion(MetricCollector collector) : IPrimaryQuestion
{
    /// <summary>The question's name.</summary>
    public const string Question = "metrics";

    public string Name => Question;

    public string Answer() => JsonSerializer.Serialize(collector.Collect());

    /// <summary>Reads an answer; null where it is none.</summary>
    public static IReadOnlyList<MetricFamily>? Read(string answer)
    {
        try
        {
            return JsonSerializer.Deserialize<MetricFamily[]>(answer);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
