using System.Diagnostics.Metrics;

namespace OrleansAdapter.Hosting;

/// <summary>Makes meters of a name that nobody listens for: what a warm-up does is not counted among what the application does.</summary>
internal sealed class WarmUpMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter("warm-up");
        lock (_meters)
        {
            _meters.Add(meter);
        }
        return meter;
    }

    public void Dispose()
    {
        lock (_meters)
        {
            _meters.ForEach(static meter => meter.Dispose());
        }
    }
}
