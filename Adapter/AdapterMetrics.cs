using System.Diagnostics;
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
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _connectsRefused;
    private readonly Counter<long> _ended;
    private readonly Histogram<long> _fanOut;
    private readonly Histogram<double> _accepted;
    private readonly Histogram<double> _handedOver;
    private readonly Histogram<double> _handlers;
    private readonly Counter<long> _joinsRefused;
    private readonly Counter<long> _unfinishedRefused;
    private readonly Counter<long> _rateLimited;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _forwardingLoops;
    private readonly Counter<long> _adminLogins;

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
        _requests = Durations("orleansadapter.request.duration", "How long requests to other servers took, by kind and outcome.");
        _connects = _meter.CreateCounter<long>("orleansadapter.connects", "{socket}", "Sockets that were let in, by namespace and protocol.");
        _connectsRefused = _meter.CreateCounter<long>("orleansadapter.connects.refused", "{socket}", "Clients that were not let in, by protocol and reason.");
        _ended = _meter.CreateCounter<long>("orleansadapter.sockets.ended", "{socket}", "Sockets that ended, by namespace, protocol and reason.");
        _fanOut = _meter.CreateHistogram<long>(
            "orleansadapter.fanout",
            "{socket}",
            "Sockets of this server that one broadcast went to.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000] });
        _accepted = Durations("orleansadapter.publish.acceptance.duration", "From an operation to its acceptance by the directory.");
        _handedOver = Durations("orleansadapter.publish.duration", "From an operation to its hand-over to this server's own sockets, which ends its task.");
        _handlers = Durations("orleansadapter.handler.duration", "How long the handlers of a Socket.IO event took, by namespace and event.");
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
        _adminLogins = _meter.CreateCounter<long>("orleansadapter.admin.logins", "{login}", "Attempts to come into the admin UI, by outcome.");
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

    /// <summary>Whether somebody wants to know how long publishes take; a time need not be taken otherwise.</summary>
    public bool TimesPublishes => _accepted.Enabled || _handedOver.Enabled;

    /// <summary>Whether somebody wants to know how long handlers take.</summary>
    public bool TimesHandlers => _handlers.Enabled;

    public void Accepted(string @namespace, long since) => _accepted.Record(Seconds(since), In(@namespace));

    public void HandedOver(string @namespace, long since) => _handedOver.Record(Seconds(since), In(@namespace));

    public void Handled(string @namespace, string @event, long since) => _handlers.Record(Seconds(since), In(@namespace), new("event", @event));

    public void FannedOut(int sockets) => _fanOut.Record(sockets);

    /// <summary>A request has ended.</summary>
    /// <param name="kind">What it asked.</param>
    /// <param name="outcome">How it ended: see docs/OPERATIONS.md.</param>
    /// <param name="since">When it began.</param>
    public void Requested(string kind, string outcome, long since) => _requests.Record(Seconds(since), new("kind", kind), new("outcome", outcome));

    public void Connected(string @namespace, ClientKind kind) => _connects.Add(1, In(@namespace), new("protocol", kind.Protocol));

    public void ConnectRefused(string protocol, ConnectRefusal reason) =>
        _connectsRefused.Add(1, new("protocol", protocol), new("reason", reason.ToString()));

    public void SocketEnded(string @namespace, ClientKind kind, string reason) =>
        _ended.Add(1, In(@namespace), new("protocol", kind.Protocol), new("reason", reason));

    public void JoinsRefused(int sockets) => _joinsRefused.Add(sockets);

    public void UnfinishedRefused() => _unfinishedRefused.Add(1);

    public void RateLimited(string limit) => _rateLimited.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Forwarded(string outcome) => _forwarded.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void ForwardingLoop() => _forwardingLoops.Add(1);

    public void AdminLogin(string outcome) => _adminLogins.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Says where what is summed up comes from.</summary>
    /// <param name="sockets">How many sockets there are.</param>
    /// <param name="queued">How many bytes wait for clients.</param>
    /// <param name="slow">For how many clients more waits than may.</param>
    /// <param name="kept">What is held for clients that may come back, by namespace: how many are away, and the window's bytes.</param>
    public void Observe(
        Func<IReadOnlyDictionary<(string In, ClientKind Kind), int>> sockets,
        Func<long> queued,
        Func<int> slow,
        Func<IEnumerable<(string In, long Away, long Bytes)>> kept)
    {
        _meter.CreateObservableUpDownCounter(
            "orleansadapter.connections",
            () => sockets().Select(of => new Measurement<int>(
                of.Value, In(of.Key.In), new("protocol", of.Key.Kind.Protocol), new("transport", of.Key.Kind.Transport))),
            "{connection}",
            "Sockets of this server, by namespace, protocol and transport.");
        _meter.CreateObservableUpDownCounter("orleansadapter.clients.queued", queued, "By", "What waits for clients.");
        _meter.CreateObservableUpDownCounter("orleansadapter.clients.slow", slow, "{client}", "Clients for which more waits than may at any time.");
        _meter.CreateObservableUpDownCounter(
            "orleansadapter.sessions.away",
            () => kept().Select(of => new Measurement<long>(of.Away, In(of.In))),
            "{session}",
            "Sessions of this server's clients that are away and may come back.");
        _meter.CreateObservableUpDownCounter(
            "orleansadapter.window.bytes",
            () => kept().Select(of => new Measurement<long>(of.Bytes, In(of.In))),
            "By",
            "Packets that this server keeps for clients that come back after the directory's death.");
    }

    public void Dispose() => _meter.Dispose();

    private static double Seconds(long since) => Stopwatch.GetElapsedTime(since).TotalSeconds;

    private static KeyValuePair<string, object?> In(string name) => new("namespace", name);

    private Histogram<double> Durations(string name, string description) => _meter.CreateHistogram<double>(
        name,
        "s",
        description,
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
}
