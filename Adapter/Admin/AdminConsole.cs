using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Admin;

/// <summary>
/// The pages that are connected to this server: they get what all servers tell, and what they ask for is done. Each is first told what there is; what happens
/// meanwhile waits for that.
/// </summary>
internal sealed class AdminConsole : IAsyncDisposable
{
    /// <summary>How often the other servers are told that somebody looks.</summary>
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(2);

    private readonly SocketIOAdminOptions _options;
    private readonly ThisServer _server;
    private readonly ILogger _logger;
    private readonly AdminChannel _channel;
    private readonly SocketWatch _watch;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<SocketIOSocket, AdminPageState> _pages = [];
    private readonly NewsOrder _order = new();
    private readonly KnownNamespaces _namespaces = new();
    private readonly CancellationToken _stopped;
    private Task _renewing = Task.CompletedTask;

    /// <param name="io">The Socket.IO server.</param>
    /// <param name="gate">Who may come in.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="logger">For who does what.</param>
    public AdminConsole(SocketIOServer io, AdminGate gate, SocketIOAdminOptions options, ILogger logger)
    {
        (_server, _options, _logger, _stopped) = (io.Cluster, options, logger, _stopping.Token);
        _channel = new AdminChannel(_server, options.Namespace, Receive, logger);
        _watch = new SocketWatch(_server, options, io.Engine, _channel.SendAsync, logger);
        _channel.Serve(_watch, action => FindHere(action) is { } known
            ? action.ApplyAsync(known)
            : throw new ArgumentException($"This server has no namespace {action.Namespace}.", nameof(action)));
        var pages = io.Own(options.Namespace).Use(gate.CheckAsync).Use(CheckPlace).OnConnection(Connected);
        if (!options.ReadOnly)
        {
            Handle(pages);
        }
    }

    /// <summary>Whether anything is watched on this server.</summary>
    internal bool IsWatching => _watch.IsOn;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watch.DisposeAsync().ConfigureAwait(false);
        _channel.Dispose();
        _stopping.Dispose();
    }

    private void Handle(SocketIONamespace pages)
    {
        pages.On(AdminAction.Join, (SocketIOSocket page, SocketIOAck ack, string nsp, string room, string? filter = null) =>
            ActAsync(page, ack, new AdminAction(AdminAction.Join, nsp, filter, room, false, [])));
        pages.On(AdminAction.Leave, (SocketIOSocket page, SocketIOAck ack, string nsp, string room, string? filter = null) =>
            ActAsync(page, ack, new AdminAction(AdminAction.Leave, nsp, filter, room, false, [])));
        pages.On(AdminAction.Disconnect, (SocketIOSocket page, SocketIOAck ack, string nsp, bool close = false, string? filter = null) =>
            ActAsync(page, ack, new AdminAction(AdminAction.Disconnect, nsp, filter, "", close, [])));
        pages.On(AdminAction.Emit, (SocketIOSocket page, SocketIOAck ack, SocketIOArguments arguments) =>
            ActAsync(page, ack, new AdminAction(
                AdminAction.Emit,
                arguments.Count > 0 ? arguments.Get<string>(0) ?? "" : "",
                arguments.Count > 1 ? arguments.Get<string?>(1) : null,
                arguments.Count > 2 ? arguments.Get<string>(2) ?? "" : "",
                false,
                [.. arguments.Skip(3)])));
    }

    /// <exception cref="ConnectErrorException">There are too many pages.</exception>
    private Task CheckPlace(SocketIOSocket page)
    {
        lock (_lock)
        {
            return _pages.Count < _options.MaxAdmins
                ? Task.CompletedTask
                : throw new ConnectErrorException($"this server has {_options.MaxAdmins} admins already ({nameof(SocketIOAdminOptions.MaxAdmins)})");
        }
    }

    private void Connected(SocketIOSocket page)
    {
        string[] actions = _options.ReadOnly ? [] : ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];
        string[] modes = _options.Mode == SocketIOAdminMode.Production ? ["AGGREGATED_EVENTS"] : ["AGGREGATED_EVENTS", "ALL_EVENTS"];
        page.Emit("config", new Dictionary<string, string[]> { ["supportedFeatures"] = [.. actions, .. modes] });
        var state = new AdminPageState(page);
        lock (_lock)
        {
            _pages.Add(page, state);
            if (_pages.Count == 1 && !_stopped.IsCancellationRequested)
            {
                _order.Clear();
                _renewing = RenewAsync(_renewing);
            }
        }
        page.OnDisconnect(_ =>
        {
            lock (_lock)
            {
                _pages.Remove(page);
            }
        });
        if (_options.Mode == SocketIOAdminMode.Development)
        {
            _ = ShowAllAsync(state);
        }
    }

    /// <summary>Has all servers watched as long as there is a page.</summary>
    private async Task RenewAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(RenewInterval, _server.Time);
        do
        {
            lock (_lock)
            {
                if (_pages.Count == 0)
                {
                    break;
                }
            }
            _watch.Watch(_server.Process);
            await _channel.WatchAsync().ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(_stopped).ConfigureAwait(false));
        _watch.Unwatch(_server.Process);
        await _channel.UnwatchAsync().ConfigureAwait(false);
    }

    /// <summary>Tells a page all sockets that there are, then what has happened since each server said its own.</summary>
    private async Task ShowAllAsync(AdminPageState page)
    {
        lock (_lock)
        {
            if (!page.Hold())
            {
                return;
            }
        }
        WatchSnapshot[] snapshots = [];
        try
        {
            await _channel.EnterAsync().ConfigureAwait(false);
            var others = _channel.SnapshotsAsync();
            var own = await _watch.SnapshotAsync(_server.Process, _stopped).ConfigureAwait(false);
            snapshots = [own, .. await others.ConfigureAwait(false)];
        }
        catch (Exception exception) when (AdminChannel.IsOfTheCluster(exception) || exception is OperationCanceledException)
        {
            AdminLog.NotReached(_logger, exception);
        }
        lock (_lock)
        {
            if (page.Show(snapshots))
            {
                ShowAgain(page);
            }
        }
    }

    /// <summary>Something did not get through: a page is told everything anew, soon, and once. For the holder of the lock.</summary>
    private void ShowAgain(AdminPageState page)
    {
        if (!page.IsToBeShownAgain)
        {
            page.IsToBeShownAgain = true;
            _ = ShowAgainAsync(page);
        }
    }

    private async Task ShowAgainAsync(AdminPageState page)
    {
        await Task.Delay(RenewInterval, _server.Time, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            page.IsToBeShownAgain = false;
        }
        if (page.Socket.Connected && !_stopped.IsCancellationRequested)
        {
            await ShowAllAsync(page).ConfigureAwait(false);
        }
    }

    /// <summary>A server has told something. Called in the turn of the channel's namespace.</summary>
    private void Receive(byte[] packet)
    {
        using var document = JsonDocument.Parse(packet);
        var server = document.RootElement.GetProperty("server").GetString()!;
        var first = document.RootElement.GetProperty("first").GetInt64();
        var news = document.RootElement.GetProperty("news").Clone();
        _namespaces.Take(server, news, _server.Time.GetUtcNow());
        lock (_lock)
        {
            var (known, isWhole) = _order.Take(server, first, news.GetArrayLength());
            foreach (var page in _pages.Values)
            {
                page.Tell(server, first, news, known);
                if (!isWhole && _options.Mode == SocketIOAdminMode.Development)
                {
                    ShowAgain(page);
                }
            }
        }
    }

    private Namespace? FindHere(AdminAction action) =>
        _server.Namespaces.FirstOrDefault(one => one.Name == action.Namespace && !AdminChannel.IsOne(one.Name));

    private async Task ActAsync(SocketIOSocket page, SocketIOAck ack, AdminAction action)
    {
        try
        {
            AdminLog.Acted(_logger, page.Handshake.Address, action);
            if (FindHere(action) is { } known)
            {
                await action.ApplyAsync(known).ConfigureAwait(false);
            }
            else if (_namespaces.ServerWith(action.Namespace, _server.Time.GetUtcNow()) is { } server)
            {
                await _channel.ActAsync(server, action).ConfigureAwait(false);
            }
            else
            {
                ack.Send(new { error = $"There is no namespace {action.Namespace}." });
                return;
            }
            ack.Send();
        }
        catch (Exception exception) when (AdminChannel.IsOfTheCluster(exception))
        {
            ack.Send(new { error = exception.Message.Split(" (Parameter")[0] });
        }
    }
}
