using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Namespaces;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.EngineIO;

/// <summary>The Engine.IO sessions of this server, and what they have in common.</summary>
internal sealed class EngineServer : IDrainedFront
{
    private static readonly TimeSpan RefusalLogInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, EngineSession> _sessions = new(StringComparer.Ordinal);
    private readonly Func<string> _newId;
    private readonly Func<EngineSession, HttpContext, IEngineHandler> _connect;
    private readonly ILogger _logger;
    private long _refusedUnfinished;

    /// <param name="options">Valid options.</param>
    /// <param name="slow">When a client counts as slow.</param>
    /// <param name="time">The clock of all timers.</param>
    /// <param name="logger">Where to.</param>
    /// <param name="newId">Draws a session's id: 20 characters of <c>[A-Za-z0-9_-]</c>.</param>
    /// <param name="connect">Makes what lives on a new session; the request is its handshake, and must not be kept.</param>
    public EngineServer(
        EngineIOOptions options,
        SlowClientLimits slow,
        TimeProvider time,
        ILogger logger,
        Func<string> newId,
        Func<EngineSession,
        HttpContext,
        IEngineHandler> connect)
    {
        Options = options;
        Slow = slow;
        Time = time;
        _logger = logger;
        _newId = newId;
        _connect = connect;
        Unfinished = new UnfinishedBytes(options.MaxUnfinishedBytes);
        if (options.Cors is { } cors)
        {
            var policy = new CorsPolicyBuilder();
            cors(policy);
            Cors = policy.Build();
        }
    }

    public EngineIOOptions Options { get; }

    /// <summary>Which other origins may connect; null where no policy was given.</summary>
    public CorsPolicy? Cors { get; }

    public SlowClientLimits Slow { get; }

    public TimeProvider Time { get; }

    public ILogger Logger => _logger;

    /// <summary>What unfinished requests, messages and packets hold together.</summary>
    public UnfinishedBytes Unfinished { get; }

    /// <summary>What is spoken on it.</summary>
    public string Protocol { get; init; } = ClientKind.SocketIOProtocol;

    /// <summary>Told of each session that ended, each volatile packet that was dropped, and each client that was too slow.</summary>
    public AdapterMetrics? Metrics { get; init; }

    /// <summary>Counts what comes and goes, while somebody watches; null mostly.</summary>
    public EngineTraffic? Traffic { get; set; }

    /// <summary>Passes on what belongs to sessions of other servers.</summary>
    public SessionForwarder? Forwarder { get; init; }

    /// <summary>How many connections clients may open.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>Whether it takes no more sessions.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Whether new sessions are to be opened elsewhere.</summary>
    public DrainState? Draining { get; init; }

    public int SessionCount => _sessions.Count;

    int IDrainedFront.Count => _sessions.Count;

    IEnumerable<IDrainedClient> IDrainedFront.Clients => _sessions.Select(session => session.Value);

    public bool Allows(EngineTransports transport) => (Options.Transports & transport) != 0;

    public EngineSession? Find(string id) => _sessions.TryGetValue(id, out var session) && session.IsInTime() ? session : null;

    /// <summary>Opens a session for a handshake that was found good. Null where what was to live on it failed: then the client is refused.</summary>
    public EngineSession? Open(HttpContext context, Func<EngineSession, IEngineTransport> transport)
    {
        var session = new EngineSession(_newId(), this, transport);
        IEngineHandler handler;
        try
        {
            handler = _connect(session, context);
        }
#pragma warning disable CA1031 // The application's own code says by any of them that it does not want this client.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            EngineLog.OpenedFailed(_logger, exception);
            session.Refuse();
            return null;
        }
        _sessions[session.Id] = session;
        Traffic?.Opened();
        session.Open(handler);
        handler.Opened();
        if (IsStopping)
        {
            session.Close(EngineCloseReason.ServerShuttingDown, null);
        }
        return session;
    }

    public void Remove(EngineSession session, EngineCloseReason reason)
    {
        if (_sessions.TryRemove(session.Id, out _))
        {
            Traffic?.Ended(reason);
            EngineLog.Closed(_logger, reason);
        }
    }

    /// <summary>A handshake was refused.</summary>
    public void HandshakeRefused() => Metrics?.ConnectRefused(Protocol, ConnectRefusal.BadRequest);

    public void Upgraded() => EngineLog.Upgraded(_logger);

    public void Moved() => Metrics?.Disconnected(DisconnectReason.ServerShuttingDown);

    public void Dropped() => Metrics?.Dropped(1);

    /// <summary>Somebody was refused because <see cref="Unfinished"/> is full. Logged once a minute, however many are.</summary>
    public void RefusedUnfinished()
    {
        Metrics?.UnfinishedRefused();
        var last = Interlocked.Read(ref _refusedUnfinished);
        if ((last == 0 || Time.GetElapsedTime(last) >= RefusalLogInterval)
            && Interlocked.CompareExchange(ref _refusedUnfinished, Time.GetTimestamp(), last) == last)
        {
            EngineLog.UnfinishedRefused(_logger, Options.MaxUnfinishedBytes);
        }
    }

    /// <summary>A client was closed as slow, for this reason.</summary>
    public void SlowClient(EngineSession session, string why)
    {
        Metrics?.Disconnected(DisconnectReason.SlowClient);
        EngineLog.SlowClient(_logger, session.Id[..8], why);
    }

    /// <summary>Closes all sessions, and takes no more; their clients may come back, elsewhere.</summary>
    public void CloseAll()
    {
        IsStopping = true;
        foreach (var session in _sessions.Values)
        {
            session.Close(EngineCloseReason.ServerShuttingDown, null);
        }
    }

    /// <summary>The packet that opens a session.</summary>
    public OutboundPacket OpenPacket(string id, string transport)
    {
        var upgrades = new JsonArray();
        if (transport == PollingTransport.TransportName && Options.AllowUpgrades && Allows(EngineTransports.WebSocket))
        {
            upgrades.Add(JsonValue.Create(WebSocketTransport.TransportName));
        }
        var handshake = new JsonObject
        {
            ["sid"] = id,
            ["upgrades"] = upgrades,
            ["pingInterval"] = (long)Options.PingInterval.TotalMilliseconds,
            ["pingTimeout"] = (long)Options.PingTimeout.TotalMilliseconds,
            ["maxPayload"] = Options.MaxHttpBufferSize,
        };
        return OutboundPacket.Text("0" + handshake.ToJsonString(JsonSerializerOptions.Web));
    }
}
