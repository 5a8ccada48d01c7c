using System.Diagnostics.Metrics;

namespace OrleansAdapter;

/// <summary>The adapter's part of the meter <c>OrleansAdapter</c>.</summary>
internal sealed class AdapterMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _publishes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _drops;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _fences;
    private readonly Counter<long> _claims;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _joinsRefused;
    private readonly Counter<long> _unfinishedRefused;
    private readonly Counter<long> _rateLimited;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _forwardingLoops;

    public AdapterMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(Telemetry.MeterName);
        _publishes = _meter.CreateCounter<long>("orleansadapter.publishes", "{operation}", "Operations handed to the directory.");
        _refused = _meter.CreateCounter<long>("orleansadapter.publishes.refused", "{operation}", "Operations refused because the publish queue was full.");
        _deliveries = _meter.CreateCounter<long>("orleansadapter.deliveries", "{packet}", "Packets handed to local sockets.");
        _drops = _meter.CreateCounter<long>("orleansadapter.drops", "{packet}", "Volatile packets dropped for slow clients.");
        _disconnects = _meter.CreateCounter<long>("orleansadapter.disconnects", "{connection}", "Connections that this server ended, by reason.");
        _fences = _meter.CreateCounter<long>("orleansadapter.fences", "{fence}", "Times that this server was fenced.");
        _claims = _meter.CreateCounter<long>(
            "orleansadapter.recoveries", "{client}", "Clients that asked for their session, by outcome: recovered, or why not.");
        _replayed = _meter.CreateCounter<long>(
            "orleansadapter.recoveries.replayed", "{packet}", "Packets given to clients that came back and had missed them.");
        _requests = _meter.CreateCounter<long>("orleansadapter.requests", "{request}", "Requests to other servers.");
        _joinsRefused = _meter.CreateCounter<long>(
            "orleansadapter.joins.refused", "{socket}", "Sockets that did not join a room, because they are in as many as one may be.");
        _unfinishedRefused = _meter.CreateCounter<long>(
            "orleansadapter.unfinished.refused", "{message}", "Requests, messages and packets that were refused because unfinished ones hold too much.");
        _rateLimited = _meter.CreateCounter<long>(
            "orleansadapter.ratelimits.refused", "{message}", "Messages and connections of clients that were over a limit, by which.");
        _forwarded = _meter.CreateCounter<long>(
            "orleansadapter.forwarded",
            "{request}",
            "HTTP requests of clients passed on to the server of their session, by outcome: done, failed, refused, unknown.");
        _forwardingLoops = _meter.CreateCounter<long>(
            "orleansadapter.forwarding.loops", "{request}", "HTTP requests that had been passed on to this server, which does not have their session.");
    }

    public void Published() => _publishes.Add(1);

    public void PublishRefused() => _refused.Add(1);

    public void Delivered(int count) => _deliveries.Add(count);

    public void Dropped(int packets) => _drops.Add(packets);

    public void Disconnected(DisconnectReason reason) => _disconnects.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void Fenced() => _fences.Add(1);

    public void Claimed(ClaimRefusal refusal, int replayed)
    {
        _claims.Add(1, new KeyValuePair<string, object?>("outcome", refusal == ClaimRefusal.None ? "recovered" : refusal.ToString()));
        _replayed.Add(replayed);
    }

    /// <summary>What a client asked for its session with, is nothing that a server gave out.</summary>
    public void ClaimMalformed() => _claims.Add(1, new KeyValuePair<string, object?>("outcome", "forged"));

    public void Requested() => _requests.Add(1);

    public void JoinsRefused(int sockets) => _joinsRefused.Add(sockets);

    public void UnfinishedRefused() => _unfinishedRefused.Add(1);

    public void RateLimited(string limit) => _rateLimited.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Forwarded(string outcome) => _forwarded.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void ForwardingLoop() => _forwardingLoops.Add(1);

    public void ObserveConnections(Func<int> count) =>
        _meter.CreateObservableUpDownCounter("orleansadapter.connections", count, "{connection}", "Sockets of this server, in all namespaces.");

    public void Dispose() => _meter.Dispose();
}
