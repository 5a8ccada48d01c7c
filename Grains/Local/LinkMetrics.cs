using System.Diagnostics.Metrics;

namespace OrleansAdapter.Grains.Local;

/// <summary>What the links of this process carry.</summary>
internal sealed class LinkMetrics : IDisposable
{
    private readonly Meter _meter = new(Telemetry.MeterName);
    private readonly Counter<long> _sent;
    private readonly Counter<long> _received;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _closed;
    private readonly UpDownCounter<long> _open;

    public LinkMetrics()
    {
        _sent = _meter.CreateCounter<long>("orleansadapter.link.sent", "By", "Bytes of messages sent on links.");
        _received = _meter.CreateCounter<long>("orleansadapter.link.received", "By", "Bytes of messages received on links.");
        _dropped = _meter.CreateCounter<long>("orleansadapter.link.dropped", "{message}", "Messages dropped because the link was down or its queue full.");
        _closed = _meter.CreateCounter<long>("orleansadapter.link.closed", "{link}", "Links that ended.");
        _open = _meter.CreateUpDownCounter<long>("orleansadapter.link.open", "{link}", "Links that are up.");
    }

    public void Sent(long bytes) => _sent.Add(bytes);

    public void Received(long bytes) => _received.Add(bytes);

    public void Dropped() => _dropped.Add(1);

    public void Opened() => _open.Add(1);

    public void Closed()
    {
        _open.Add(-1);
        _closed.Add(1);
    }

    public void Dispose() => _meter.Dispose();
}
