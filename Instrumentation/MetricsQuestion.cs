using OrleansAdapter.Primary;

namespace OrleansAdapter.Instrumentation;

/// <summary>The primary's question for this process's metrics.</summary>
internal sealed class MetricsQuestion(MetricCollector collector) : IPrimaryQuestion
{
    /// <summary>The question's name.</summary>
    public const string Question = "metrics";

    public string Name => Question;

    public string Answer() => PrimaryAnswer.Write(collector.Collect());
}
