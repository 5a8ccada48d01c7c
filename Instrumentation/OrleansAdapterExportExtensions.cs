using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OrleansAdapter.Instrumentation;
using OrleansAdapter.Primary;

namespace Microsoft.Extensions.Hosting;

/// <summary>Exports the metrics and traces of OrleansAdapter where the environment asks for it.</summary>
public static class OrleansAdapterExportExtensions
{
    /// <summary>
    /// Exports metrics and traces by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>…_METRICS_ENDPOINT</c> or <c>…_TRACES_ENDPOINT</c> is set (the other
    /// <c>OTEL_…</c> variables count as usual), and shows the metrics at the primary's address where that was started with <c>--observe</c>. Where neither is
    /// asked for, nothing is added.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    public static IHostApplicationBuilder AddOrleansAdapterExport(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return AddOrleansAdapterExport(builder, builder.Configuration["OrleansAdapter:ServerName"] ?? builder.Environment.ApplicationName);
    }

    /// <summary>The same for a process with this name.</summary>
    internal static IHostApplicationBuilder AddOrleansAdapterExport(this IHostApplicationBuilder builder, string instance)
    {
        var settings = ExportSettings.Read(builder.Configuration);
        if (!settings.IsOff && builder.Services.All(service => service.ServiceType != typeof(MetricCollector)))
        {
            Add(builder, settings, instance);
        }
        return builder;
    }

    /// <summary>A method of its own, so that OpenTelemetry is loaded only where something is exported.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Add(IHostApplicationBuilder builder, ExportSettings settings, string instance)
    {
        var collector = new MetricCollector();
        builder.Services.AddSingleton(collector);
        settings.Configure(builder.Services.AddOpenTelemetry(), instance, SupervisionContract.IsSupervised);
        if (settings.IsObserved)
        {
            builder.Services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddReader(collector.Reader));
            builder.Services.AddSingleton<IPrimaryQuestion>(new MetricsQuestion(collector));
        }
    }
}
