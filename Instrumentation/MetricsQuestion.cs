using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Instrumentation;

/// <summary>The primary's question for this process's metrics.</summary>
internal sealed class MetricsQuestion(MetricCollector collector) : IPrimaryQuestion
{
    /// <summary>The question's name.</summary>
    public const string Question = "metrics";

    /// <summary>An application's own metrics may be infinite, or no number.</summary>
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public string Name => Question;

    public string Answer() => JsonSerializer.Serialize(collector.Collect(), Json);

    /// <summary>Reads an answer; null where it is none.</summary>
    public static IReadOnlyList<MetricFamily>? Read(string answer)
    {
        try
        {
            return JsonSerializer.Deserialize<MetricFamily[]>(answer, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
