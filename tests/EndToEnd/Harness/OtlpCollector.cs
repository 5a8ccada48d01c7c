using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A span that a process has exported.</summary>
/// <param name="Process">The process, by its <c>service.instance.id</c>, without what the environment says of the run.</param>
/// <param name="Trace">The trace's id.</param>
/// <param name="Id">Its own.</param>
/// <param name="Parent">Its parent's; empty where it has none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Tags">Its tags.</param>
internal sealed record Span(string Process, string Trace, string Id, string Parent, string Name, SpanKind Kind, IReadOnlyDictionary<string, string> Tags);

/// <summary>Kinds of spans, with their numbers in opentelemetry-proto.</summary>
internal enum SpanKind
{
    /// <summary>Whoever waits for answers.</summary>
    Client = 3,

    /// <summary>Whoever answers.</summary>
    Server = 2,

    /// <summary>Whoever sends, and waits for no answer.</summary>
    Producer = 4,

    /// <summary>Whoever gets that.</summary>
    Consumer = 5,

    /// <summary>Nothing of these.</summary>
    Internal = 1,
}

/// <summary>A collector of OpenTelemetry's data: takes them by OTLP over HTTP, in protobuf.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private const string Run = "of-the-run";

    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>What processes are to be told.</summary>
    public (string Name, string Value)[] Environment =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", _app.Urls.Single()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={Run}"), // as who starts one program says it: ours are several
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];

    /// <summary>The spans that have come.</summary>
    public EventLog<Span> Spans { get; } = new("spans");

    /// <summary>The metrics that have come: the process and the metric's name.</summary>
    public EventLog<(string Process, string Metric)> Metrics { get; } = new("metrics");

    /// <summary>Starts it, at a free port.</summary>
    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost("/v1/traces", context => TakeAsync(context, collector.TakeSpans));
        app.MapPost("/v1/metrics", context => TakeAsync(context, collector.TakeMetrics));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task TakeAsync(HttpContext context, Action<byte[]> take)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        take(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }

    // The numbers of the fields are those of opentelemetry-proto: trace/v1/trace.proto, metrics/v1/metrics.proto, resource/v1/resource.proto.
    private void TakeSpans(byte[] request)
    {
        foreach (var (process, scope) in Scopes(request))
        {
            foreach (var span in scope.Messages(2))
            {
                Spans.Add(
                    new Span(
                        process, Convert.ToHexStringLower(span.Bytes(1)), Convert.ToHexStringLower(span.Bytes(2)), Convert.ToHexStringLower(span.Bytes(4)),
                        span.Text(5), (SpanKind)span.Numbers(6).Single(), Tags(span, 9)));
            }
        }
    }

    private void TakeMetrics(byte[] request)
    {
        foreach (var (process, scope) in Scopes(request))
        {
            foreach (var metric in scope.Messages(2))
            {
                Metrics.Add((process, metric.Text(1)));
            }
        }
    }

    private static IEnumerable<(string Process, ProtobufMessage Scope)> Scopes(byte[] request) =>
        from ofResource in new ProtobufMessage(request).Messages(1)
        let instance = Tags(ofResource.Messages(1).Single(), 1)["service.instance.id"]
        let process = instance.StartsWith($"{Run}/", StringComparison.Ordinal) ? instance[(Run.Length + 1)..] : $"{instance}, not in {Run}"
        from scope in ofResource.Messages(2)
        select (process, scope);

    private static Dictionary<string, string> Tags(ProtobufMessage of, int field) => of.Messages(field).ToDictionary(
        tag => tag.Text(1),
        tag => tag.Messages(2).Single() is var value && value.Numbers(3).ToArray() is [var number]
            ? number.ToString(CultureInfo.InvariantCulture)
            : value.Text(1),
        StringComparer.Ordinal);
}
