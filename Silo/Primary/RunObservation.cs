using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OrleansAdapter.Instrumentation;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Front;
using OrleansAdapter.Silo.Observation;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// What others see of a run: the primary's own metrics, by OTLP where the environment asks for it, and with <c>--observe</c> those of all processes at one
/// address. Without either it does nothing.
/// </summary>
internal sealed class RunObservation : IAsyncDisposable
{
    /// <summary>How long the address waits for what a process has to say.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    private readonly Supervised[] _children;
    private readonly Supervised[] _workers;
    private readonly FrontDoor _front;
    private readonly WorkerReloads _reloads;
    private readonly MetricCollector? _collector;
    private readonly PrimaryMetrics? _metrics;
    private readonly OpenTelemetrySdk? _sdk;
    private MetricsServer? _server;

    private RunObservation(bool observed, FrontDoor front, Supervised? directory, Supervised[] workers, WorkerReloads reloads, string instance)
    {
        (_front, _workers, _reloads) = (front, workers, reloads);
        _children = directory is null ? workers : [directory, .. workers];
        var settings = ExportSettings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build()) with { IsObserved = observed, Traces = false };
        if (settings.IsOff)
        {
            return;
        }
        _metrics = new PrimaryMetrics(Look);
        _collector = observed ? new MetricCollector() : null;
        _sdk = Export(settings, _collector, instance);
    }

    /// <summary>Begins.</summary>
    /// <param name="address">Where the metrics of all are shown; null for nowhere.</param>
    /// <param name="front">The front.</param>
    /// <param name="directory">The directory's process; null where this machine has none.</param>
    /// <param name="workers">The workers.</param>
    /// <param name="reloads">The reloads.</param>
    /// <param name="instance">The primary's name, as collectors see it.</param>
    /// <exception cref="PrimaryException">The address cannot be had.</exception>
    public static async Task<RunObservation> StartAsync(
        IPEndPoint? address, FrontDoor front, Supervised? directory, Supervised[] workers, WorkerReloads reloads, string instance)
    {
        var observation = new RunObservation(address is not null, front, directory, workers, reloads, instance);
        if (address is not null)
        {
            try
            {
                observation._server = await MetricsServer.StartAsync(address, observation.GatherAsync);
            }
            catch
            {
                await observation.DisposeAsync();
                throw;
            }
        }
        return observation;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        _sdk?.Dispose();
        _metrics?.Dispose();
        _collector?.Dispose();
    }

    /// <summary>A method of its own, so that OpenTelemetry is loaded only where something is exported.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OpenTelemetrySdk Export(ExportSettings settings, MetricCollector? collector, string instance) => OpenTelemetrySdk.Create(builder =>
    {
        settings.Configure(builder, instance, isOfARun: true);
        if (collector is { Reader: var reader })
        {
            builder.WithMetrics(metrics => metrics.AddReader(reader));
        }
    });

    private async Task<string> GatherAsync()
    {
        // While a worker is replaced, the one that is leaving has a name of its own.
        (string Name, Incarnation? Process)[] processes =
        [
            .. _children.SelectMany(child => child.Running.Where(process => process.IsReady).ToArray() is { Length: > 0 } ready
                ? ready.Select((process, place) => (place == 0 ? child.Name : $"{child.Name} (leaving)", (Incarnation?)process))
                : [(child.Name, null)]),
        ];
        var answers = await Task.WhenAll(
            processes.Select(one => one.Process?.AskAsync(MetricsQuestion.Question, AnswerLimit) ?? Task.FromResult<string?>(null)));
        return PrometheusText.Write(
        [
            ("primary", _collector?.Collect()),
            .. processes.Zip(answers, (one, answer) => (one.Name, answer is null ? null : PrimaryAnswer.Read<MetricFamily[]>(answer))),
        ]);
    }

    private PrimaryFigures Look()
    {
        var workers = _workers
            .SelectMany(child => child.Running, (child, process) => (child.Name, Look: _front.Workers.Look(process.Launch.Worker!)))
            .ToArray();
        return new PrimaryFigures(
            [.. Enum.GetValues<FrontState>().Select(state => (state.ToString().ToLowerInvariant(), workers.Count(worker => worker.Look.State == state)))],
            [.. workers.GroupBy(worker => worker.Name, (name, same) => (name, same.Sum(worker => worker.Look.Connections)))],
            [.. _children.Select(child => (child.Name, (long)child.Restarts))],
            _front.Arriving,
            _front.Workers.HandOvers,
            _front.Workers.Refusals,
            (_reloads.Done, _reloads.Failed));
    }
}
