using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Admin;

/// <summary>
/// One server's part of the admin UI: what its sockets do, told to the servers that somebody looks at it on, as long as they say so. While nobody looks, it
/// does nothing and no namespace knows of it. Of very many sockets it shows some; of very many events, some.
/// </summary>
/// <remarks>
/// What happens is numbered under one lock, in the order in which it is told. <see cref="SnapshotAsync"/> says what there is together with the last number
/// that it contains: what is told with a higher one happened later.
/// </remarks>
internal sealed partial class SocketWatch : IAsyncDisposable
{
    /// <summary>For how long somebody counts as looking who has not said so again.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>How long news may wait for others to go with them.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ThisServer _server;
    private readonly SocketIOAdminOptions _options;
    private readonly SocketJson _json;
    private readonly ServerFigures _figures;
    private readonly ILogger _logger;
    private readonly Func<byte[], Task> _send;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0, 1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ServerId, DateTimeOffset> _watchers = [];
    private readonly Dictionary<LocalSocket, WatchedSocket> _sockets = [];
    private readonly WatchLog _log = new();
    private TaskCompletionSource _begun = NewBegun();
    private Task? _running;
    private long _second;
    private int _eventsInSecond;
    private long _eventsLeftOut;
    private long _eventsTold;

    /// <summary>How many sockets were too large together with the others to be shown, when they were shown last.</summary>
    private int _tooLarge;

    /// <param name="server">This server.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="engine">Its Engine.IO.</param>
    /// <param name="send">Sends a packet of news to those who look; it may get lost.</param>
    /// <param name="logger">For its own failures.</param>
    public SocketWatch(ThisServer server, SocketIOAdminOptions options, EngineServer engine, Func<byte[], Task> send, ILogger logger)
    {
        (_server, _options, _send, _logger) = (server, options, send, logger);
        _json = new SocketJson(options, server.Options.JsonSerializerOptions);
        _figures = new ServerFigures(server, engine);
    }

    /// <summary>Whether somebody looks.</summary>
    public bool IsOn => _begun.Task.IsCompletedSuccessfully;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is { } running)
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _stopping.Dispose();
        _wake.Dispose();
    }

    /// <summary>Somebody looks, on this server or another, and will say so again.</summary>
    public void Watch(ServerId watcher)
    {
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }
            _watchers[watcher] = _server.Time.GetUtcNow() + Lease;
            _running ??= Task.Run(RunAsync);
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <summary>Nobody looks there any more.</summary>
    public void Unwatch(ServerId watcher)
    {
        lock (_lock)
        {
            _watchers.Remove(watcher);
        }
    }

    /// <summary>What there is: the sockets that are shown, and the number of the last news that are in it. Somebody looks from then on.</summary>
    public async Task<WatchSnapshot> SnapshotAsync(ServerId watcher, CancellationToken cancellationToken)
    {
        Watch(watcher);
        Task begun;
        lock (_lock)
        {
            begun = _begun.Task;
        }
        await begun.WaitAsync(_server.Options.RequestsTimeout, _server.Time, cancellationToken).ConfigureAwait(false);
        long last;
        (Namespace Namespace, LocalSocket Socket, string[] Rooms)[] sockets;
        lock (_lock)
        {
            last = _log.Last;
            sockets = [.. _sockets.Values.Select(one => (one.Namespace, one.Socket, one.Rooms.ToArray()))];
        }
        var snapshot = WatchSnapshot.Write(
            _server.Process, last, sockets.Select<(Namespace Namespace, LocalSocket Socket, string[] Rooms), Action<Utf8JsonWriter>>(
                one => writer => _json.Write(writer, one.Namespace.Name, one.Socket, one.Rooms)));
        lock (_lock)
        {
            if (_begun.Task == begun) // else all who looked have gone meanwhile, and what is shown is shown to others
            {
                _tooLarge = sockets.Length - snapshot.Sockets.Count;
            }
        }
        return snapshot;
    }

    public void Connected(Namespace @namespace, LocalSocket socket)
    {
        lock (_lock)
        {
            if (TryAdd(@namespace, socket, []))
            {
                TellConnected(_sockets[socket]);
            }
        }
    }

    public void Disconnected(Namespace @namespace, LocalSocket socket)
    {
        lock (_lock)
        {
            if (_sockets.Remove(socket))
            {
                socket.IsWatched = false;
                TellDisconnected(@namespace, socket);
                TellRoom("room_left", @namespace, socket, socket.Id.ToString());
            }
        }
    }

    public void Joined(Namespace @namespace, LocalSocket socket, string room)
    {
        lock (_lock)
        {
            if (_sockets.TryGetValue(socket, out var watched))
            {
                watched.Join(room);
                TellRoom("room_joined", @namespace, socket, room);
            }
        }
    }

    public void Left(Namespace @namespace, LocalSocket socket, string room)
    {
        lock (_lock)
        {
            if (_sockets.TryGetValue(socket, out var watched))
            {
                watched.Rooms.Remove(room);
                TellRoom("room_left", @namespace, socket, room);
            }
        }
    }

    /// <summary>An event came from a client, or goes to one.</summary>
    public void Event<TState>(
        string what, Namespace @namespace, LocalSocket socket, string @event, TState state, Func<TState, ReadOnlyMemory<byte>> write)
    {
        if (!socket.IsWatched || @namespace.Name == _options.Namespace)
        {
            return;
        }
        var now = Now();
        lock (_lock)
        {
            var second = new DateTimeOffset(now).ToUnixTimeSeconds();
            (_second, _eventsInSecond) = (second, second == _second ? _eventsInSecond + 1 : 1);
            if (_eventsInSecond > _options.MaxEventsPerSecond)
            {
                _eventsLeftOut++;
                return;
            }
        }
        // Without the lock, as it may run code of the application; and for those only that are shown, as it costs something.
        var arguments = write(state);
        lock (_lock)
        {
            _log.Add(what, arguments.Length + @event.Length, writer =>
            {
                writer.WriteStringValue(@namespace.Name);
                writer.WriteStringValue(socket.Id.ToString());
                writer.WriteRawValue(SocketJson.Arguments(@event, arguments).Span, skipInputValidation: true);
                writer.WriteStringValue(now);
            });
        }
    }

    private static TaskCompletionSource NewBegun() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DateTime Now() => _server.Time.GetUtcNow().UtcDateTime;

    private bool TryAdd(Namespace @namespace, LocalSocket socket, IEnumerable<string> rooms)
    {
        if (_sockets.Count >= _options.MaxSockets || !_sockets.TryAdd(socket, new WatchedSocket(@namespace, socket, rooms)))
        {
            return false;
        }
        return socket.IsWatched = true;
    }

    private void TellConnected(WatchedSocket watched)
    {
        var (now, rooms) = (Now(), watched.Rooms.ToArray());
        _log.Add("socket_connected", 256, writer =>
        {
            _json.Write(writer, watched.Namespace.Name, watched.Socket, rooms);
            writer.WriteStringValue(now);
        });
    }

    private void TellRoom(string what, Namespace @namespace, LocalSocket socket, string room)
    {
        var now = Now();
        _log.Add(what, 128 + room.Length, writer =>
        {
            writer.WriteStringValue(@namespace.Name);
            writer.WriteStringValue(room);
            writer.WriteStringValue(socket.Id.ToString());
            writer.WriteStringValue(now);
        });
    }

    private void TellDisconnected(Namespace @namespace, LocalSocket socket)
    {
        var now = Now();
        _log.Add("socket_disconnected", 128, writer =>
        {
            writer.WriteStringValue(@namespace.Name);
            writer.WriteStringValue(socket.Id.ToString());
            writer.WriteStringValue(socket.EndReason); // known a little after its rooms have gone
            writer.WriteStringValue(now);
        });
    }
}
