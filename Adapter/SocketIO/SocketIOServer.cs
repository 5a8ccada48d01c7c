using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Namespaces;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.Threading;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// Socket.IO's server (<c>io</c>) on this server: its namespaces. What it has as a namespace is that of the namespace <c>/</c>. Injected as a singleton;
/// safe under threads.
/// </summary>
/// <example>
/// <code>
/// builder.Services.AddSocketIO();
/// var app = builder.Build();
/// app.MapSocketIO("/socket.io");
/// var io = app.Services.GetRequiredService&lt;SocketIOServer&gt;();
/// io.OnConnection(socket =>
/// {
///     socket.On("join", (string room) => socket.Join(room));
///     socket.On("say", (string room, string text) => io.To(room).Emit("said", text));
/// });
/// </code>
/// </example>
public sealed partial class SocketIOServer : NamespaceRoot, ISocketSource
{
    private readonly ConcurrentDictionary<string, SocketIONamespace> _namespaces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<MethodInfo, HandlerShape> _shapes = new();
    private readonly ThisServer _cluster;
    private readonly IServiceProviderIsService _isService;
    private readonly Lock _lock = new();

    internal SocketIOServer(ThisServer server, IOptions<SocketIOOptions> options, IServiceProvider services, ILoggerFactory loggers, TimeProvider time)
    {
        _cluster = server;
        Options = options.Value;
        Services = services;
        _isService = services.GetRequiredService<IServiceProviderIsService>();
        Logger = loggers.CreateLogger<SocketIOServer>().Bounded(time);
        MismatchLevel = services.GetService<IHostEnvironment>()?.IsDevelopment() == true ? LogLevel.Warning : LogLevel.Debug;
        Time = time;
        Limits = services.GetRequiredService<RateLimits>();
        Engine = new EngineServer(Options, SlowClientLimits.Of(server.Options), time, Logger, () => SocketId.New(server.FirstLife).ToString(), Connect)
        {
            Metrics = server.Metrics,
            Forwarder = services.GetService<SessionForwarder>(),
            Limits = Limits,
            Draining = server.Draining,
        };
        server.Draining.Add(Engine);
        server.Sockets.Add(this);
        Root = Of("/");
        if (Options.CleanupEmptyChildNamespaces)
        {
            _sweep = time.CreateTimer(static server => ((SocketIOServer)server!).RemoveEmpty(EmptyFor), this, EmptyFor, EmptyFor);
        }
    }

    /// <summary>The namespace <c>/</c>.</summary>
    public SocketIONamespace Root { get; }

    internal AdapterMetrics Metrics => _cluster.Metrics;

    internal ThisServer Cluster => _cluster;

    /// <inheritdoc/>
    public override string Name => Root.Name;

    /// <summary>The namespaces that there are on this server.</summary>
    public ICollection<SocketIONamespace> Namespaces => _namespaces.Values;

    /// <summary>Called with each namespace that a client has brought into being.</summary>
    public event Action<SocketIONamespace>? NewNamespace;

    internal override Namespace Owner => Root.Core;

    internal SocketIOOptions Options { get; }

    internal IServiceProvider Services { get; }

    internal ILogger Logger { get; }

    internal TimeProvider Time { get; }

    internal RateLimits Limits { get; }

    /// <summary>
    /// How loud it is when a client's arguments do not fit a handler: whoever develops one wants to know; elsewhere anybody may send what they like.
    /// </summary>
    internal LogLevel MismatchLevel { get; }

    internal EngineServer Engine { get; }

    internal JsonSerializerOptions JsonOptions => _cluster.Options.JsonSerializerOptions;

    internal long QueueLimit => _cluster.Options.ClientQueueHardLimit;

    /// <summary>
    /// A namespace by its name; a slash is put before one that has none. Made on first use; where a pattern matches, as a client would have it made.
    /// </summary>
    /// <exception cref="ArgumentException">The name is empty, over 1,024 characters, or has a comma, which the protocol cannot express.</exception>
    public SocketIONamespace Of(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!IsPossible(name))
        {
            throw new ArgumentException($"\"{name}\" cannot be the name of a namespace: it has a comma, or over {MaximumNameLength} characters.", nameof(name));
        }
        name = name[0] == '/' ? name : "/" + name;
        if (_namespaces.TryGetValue(name, out var known))
        {
            return known;
        }
        lock (_lock)
        {
            if (_namespaces.TryGetValue(name, out known))
            {
                return known;
            }
            // Not without the middlewares that are to guard it.
            return Array.Find(_dynamic, dynamic => dynamic.Pattern?.IsMatch(name) == true) is { } dynamic
                ? NewChild(name, dynamic.Template, quota: null)
                : _namespaces[name] = new SocketIONamespace(this, _cluster.Of(name), null);
        }
    }

    /// <summary>
    /// A namespace that nobody has yet, and whose sockets have no sessions, whatever patterns match its name: it is guarded by what its maker puts before it.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is one of that name.</exception>
    internal SocketIONamespace Own(string name)
    {
        lock (_lock)
        {
            return _namespaces.ContainsKey(name)
                ? throw new InvalidOperationException($"There is a namespace \"{name}\" already.")
                : _namespaces[name] = new SocketIONamespace(this, _cluster.Of(name), null) { KeepsSessions = false };
        }
    }

    /// <summary><see cref="SocketIONamespace.Use"/> of the namespace <c>/</c>.</summary>
    public SocketIONamespace Use(Func<SocketIOSocket, Task> middleware) => Root.Use(middleware);

    /// <summary><see cref="SocketIONamespace.OnConnection(Func{SocketIOSocket, Task})"/> of the namespace <c>/</c>.</summary>
    public SocketIONamespace OnConnection(Func<SocketIOSocket, Task> listener) => Root.OnConnection(listener);

    /// <summary><see cref="SocketIONamespace.OnConnection(Action{SocketIOSocket})"/> of the namespace <c>/</c>.</summary>
    public SocketIONamespace OnConnection(Action<SocketIOSocket> listener) => Root.OnConnection(listener);

    /// <summary><see cref="SocketIONamespace.OnSessionEnded(Func{SocketIOSessionEnd, Task})"/> of the namespace <c>/</c>.</summary>
    public SocketIONamespace OnSessionEnded(Func<SocketIOSessionEnd, Task> listener) => Root.OnSessionEnded(listener);

    /// <summary><see cref="SocketIONamespace.OnSessionEnded(Action{SocketIOSessionEnd})"/> of the namespace <c>/</c>.</summary>
    public SocketIONamespace OnSessionEnded(Action<SocketIOSessionEnd> listener) => Root.OnSessionEnded(listener);

    /// <summary><see cref="SocketIONamespace.On"/> of the namespace <c>/</c>.</summary>
    public SocketIONamespace On(string @event, Delegate handler) => Root.On(@event, handler);

    /// <summary><see cref="SocketIONamespace.Once"/> of the namespace <c>/</c>.</summary>
    public Task<bool> Once(string id) => Root.Once(id);

    internal const int MaximumNameLength = 1024;

    internal BoundHandler Bind(Delegate handler) => new(handler, HandlerShape.Of(handler, _isService, _shapes));

    internal static string? UserIdOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier);

    private static bool IsPossible(string name) => name.Length <= MaximumNameLength && !name.Contains(',', StringComparison.Ordinal);

    private SocketIOClient Connect(EngineSession session, HttpContext context) =>
        new(
            this,
            session,
            new ConnectionHandshake(context, Options, Services, Time.GetUtcNow()),
            (context.GetEndpoint()?.Metadata.GetMetadata<SocketIOParser>() ?? Options.Parser).Format);
}
