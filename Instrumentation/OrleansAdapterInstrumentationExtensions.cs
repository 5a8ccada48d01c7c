using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansAdapter;

namespace OpenTelemetry;

/// <summary>Adds the metrics and traces of OrleansAdapter to OpenTelemetry.</summary>
public static class OrleansAdapterInstrumentationExtensions
{
    /// <summary>The activities of hub methods, which the framework itself has.</summary>
    private const string SignalRSource = "Microsoft.AspNetCore.SignalR.Server";

    /// <summary>
    /// Listens to the meter and the activity source of OrleansAdapter (<see cref="Telemetry"/>), and to the activities of hub methods, which begin the
    /// traces of SignalR's clients. Exporters are the application's to add.
    /// </summary>
    /// <example><code>builder.Services.AddOpenTelemetry().AddOrleansAdapterInstrumentation().UseOtlpExporter();</code></example>
    public static IOpenTelemetryBuilder AddOrleansAdapterInstrumentation(this IOpenTelemetryBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithMetrics(AddMeters).WithTracing(AddSources);
    }

    internal static void AddMeters(MeterProviderBuilder metrics) => metrics.AddMeter(Telemetry.MeterName);

    internal static void AddSources(TracerProviderBuilder traces) => traces.AddSource(Telemetry.ActivitySourceName, SignalRSource);
}
