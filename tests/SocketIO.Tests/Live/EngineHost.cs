using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>An Engine.IO server on Kestrel that sends back what it gets.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    private WebApplication _app = null!;

    public ManualTime Time { get; } = new();

    public EngineIOOptions Options { get; } = new();

    public SlowClientLimits Slow { get; init; } = null!;

    public HttpProtocols Protocols { get; private init; }

    public EngineServer Server { get; private set; } = null!;

    public ConcurrentLog Log { get; } = new();

    /// <summary>The sessions that were opened, in order.</summary>
    public Channel<EchoHandler> Sessions { get; } = Channel.CreateUnbounded<EchoHandler>();

    public Uri Address { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public static async Task<EngineHost> StartAsync(
        Action<EngineIOOptions>? configure = null, int queueLimit = 4 << 20, HttpProtocols protocols = HttpProtocols.Http1, long? hardLimit = null)
    {
        var host = new EngineHost { Slow = new SlowClientLimits(queueLimit, hardLimit ?? queueLimit, TimeSpan.FromSeconds(10)), Protocols = protocols };
        configure?.Invoke(host.Options);
        await host.StartAsync();
        return host;
    }

    /// <summary>The next session; what its client was told before, it has finished telling, and has made its timers.</summary>
    public async Task<EchoHandler> NextSessionAsync()
    {
        var handler = await Sessions.NextAsync();
        _ = handler.Session.IsWritable; // waits for its lock
        return handler;
    }

    private async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Log);
        builder.WebHost.UseKestrel(kestrel =>
        {
            // By the machine's clock it would take a client for too slow that only did not get to run.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = Protocols);
        }).UseUrls();
        builder.Services.AddCors();
        _app = builder.Build();
        var ids = 0;
        Server = new EngineServer(Options, Slow, Time, NullLogger.Instance, () => $"session-{Interlocked.Increment(ref ids):D12}", (session, _) =>
        {
            var handler = new EchoHandler(session);
            Sessions.Writer.TryWrite(handler);
            return handler;
        });
        _app.Map("/engine.io", EngineEndpoint.Build(_app, Server));
        await _app.StartAsync();
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Http = new HttpClient { BaseAddress = Address };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Server.CloseAll();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Assert.True(Log.Errors.Count == 0, string.Join('\n', Log.Errors));
    }
}

/// <summary>Sends back what it gets, and notes how it ended.</summary>
internal sealed class EchoHandler(EngineSession session) : IEngineHandler
{
    private readonly TaskCompletionSource<(EngineCloseReason Reason, string? Description)> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;

    public EngineSession Session { get; } = session;

    public Task<(EngineCloseReason Reason, string? Description)> Ended => _closed.Task.InTimeAsync();

    public bool Overlapped { get; private set; }

    public void Message(bool isBinary, ReadOnlyMemory<byte> data)
    {
        Overlapped |= Interlocked.Exchange(ref _running, 1) == 1;
        var text = isBinary ? default : data;
        Session.Send(isBinary ? Binary(data.ToArray()) : OutboundPacket.Create(1 + text.Length, text, static (to, from) =>
        {
            to[0] = (byte)'4';
            from.Span.CopyTo(to[1..]);
        }, []));
        Interlocked.Exchange(ref _running, 0);
    }

    public void Closed(EngineCloseReason reason, string? description) =>
        Assert.True(_closed.TrySetResult((reason, description)), "A session was closed twice.");

    /// <summary>Until it is set, nothing more is read from the client.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public ValueTask WhenReadyAsync() => Gate is { } gate ? new ValueTask(gate.Task) : ValueTask.CompletedTask;

    /// <summary>Bytes alone are no packet of Socket.IO; here, a marker goes before them.</summary>
    private static OutboundPacket Binary(byte[] bytes) => OutboundPacket.Create(2, 0, static (to, _) => "4#"u8.CopyTo(to), [bytes]);
}

/// <summary>Keeps warnings and errors that were logged.</summary>
internal sealed class ConcurrentLog : ILoggerProvider, ILogger
{
    /// <summary>What says only that something takes long, which on a busy machine anything may.</summary>
    private static readonly HashSet<string> Delays =
    [
        "HeartbeatSlow", // of Kestrel
        nameof(AdapterLog.WaitsForRegistration),
        nameof(AdapterLog.WaitsForOthers),
        nameof(SocketIOLog.HandlerHoldsUp),
        nameof(SocketIOLog.ConnectionHoldsUp),
        nameof(SocketIOLog.NotRead),
        nameof(SocketIOLog.RoomListenersHeldUp),
    ];

    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _longTurns = new();

    /// <summary>All but those that say only that something takes long.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Warnings of turns that took long, which on a busy machine any may.</summary>
    public IReadOnlyCollection<string> LongTurns => _longTurns;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && !Delays.Contains(eventId.Name ?? ""))
        {
            (eventId.Name == "TurnTookLong" ? _longTurns : _errors).Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
