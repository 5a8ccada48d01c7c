using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Tests;

/// <summary>What is measured for each broadcast, delivery and event costs no memory, whoever listens.</summary>
public sealed class MetricsAllocationTests
{
    private const int Times = 1_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_measurement_allocates_nothing(bool listened)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new AdapterMetrics(services.GetRequiredService<IMeterFactory>());
        var measured = 0L;
        using var listener = new MeterListener();
        if (listened)
        {
            listener.InstrumentPublished = (instrument, all) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, services.GetRequiredService<IMeterFactory>()))
                {
                    all.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured++);
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => measured++);
            listener.Start();
        }
        Assert.Equal((listened, listened), (metrics.TimesPublishes, metrics.TimesHandlers));
        Measure();

        Assert.Equal(0, Allocated.By(Measure));
        Assert.Equal(listened, measured > 0);

        void Measure()
        {
            for (var i = 0; i < Times; i++)
            {
                metrics.Published();
                metrics.Delivered(3);
                metrics.FannedOut(3);
                metrics.Accepted("/chat", 1);
                metrics.HandedOver("/chat", 1);
                metrics.Handled("/chat", "say", 1);
                metrics.Connected("/chat", ClientKind.SocketIO("websocket"));
            }
        }
    }
}
