using Microsoft.Extensions.Configuration;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Instrumentation;

/// <summary>Which exports the environment asks for.</summary>
/// <param name="Metrics">Whether metrics go out by OTLP.</param>
/// <param name="Traces">Whether traces do.</param>
/// <param name="IsObserved">Whether a primary asks for the metrics.</param>
internal sealed record ExportSettings(bool Metrics, bool Traces, bool IsObserved)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "OTEL_SERVICE_NAME";
    private const string InstanceId = "service.instance.id";

    /// <summary>The name by which a service is known where the environment gives it none.</summary>
    private const string DefaultName = "orleansadapter";

    public bool IsOff => !Metrics && !Traces && !IsObserved;

    /// <summary>Reads them; environment variables are part of the configuration.</summary>
    public static ExportSettings Read(IConfiguration configuration)
    {
        var off = IsTrue("OTEL_SDK_DISABLED");
        return new ExportSettings(
            !off && Goes("METRICS"),
            !off && Goes("TRACES"),
            IsTrue(SupervisionContract.ObservedKey));

        bool IsTrue(string key) => string.Equals(configuration[key], "true", StringComparison.OrdinalIgnoreCase);

        bool Goes(string signal) =>
            configuration[$"OTEL_{signal}_EXPORTER"] is null or "" or "otlp"
            && (configuration[Endpoint] is { Length: > 0 } || configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 });
    }

    /// <summary>Listens to what is asked for, and exports what goes out by OTLP.</summary>
    /// <param name="builder">OpenTelemetry's.</param>
    /// <param name="instance">The process's name, for people.</param>
    /// <param name="isOfARun">Whether it is one of several processes of one run, each with such a name.</param>
    public void Configure(IOpenTelemetryBuilder builder, string instance, bool isOfARun)
    {
        builder.ConfigureResource(resource =>
        {
            // What the environment says of the service counts more, its name as well as its attributes; but all processes of a run have the same environment,
            // which so can say which run this is, and not which of its processes.
            var named = Environment.GetEnvironmentVariable(ServiceName) is { Length: > 0 } name ? name : DefaultName;
            resource.AddService(named, serviceInstanceId: instance).AddEnvironmentVariableDetector();
            if (isOfARun)
            {
                var said = ResourceBuilder.CreateEmpty().AddEnvironmentVariableDetector().Build().Attributes.FirstOrDefault(one => one.Key == InstanceId).Value;
                resource.AddAttributes([new(InstanceId, said is null ? instance : $"{said}/{instance}")]);
            }
        });
        if (Metrics || IsObserved)
        {
            builder.WithMetrics(OrleansAdapterInstrumentationExtensions.AddMeters);
        }
        if (Traces)
        {
            builder.WithTracing(OrleansAdapterInstrumentationExtensions.AddSources);
        }
        if (Metrics || Traces)
        {
            builder.UseOtlpExporter();
        }
    }
}
