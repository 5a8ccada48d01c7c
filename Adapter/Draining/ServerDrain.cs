using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Draining;

/// <summary>
/// How this server leaves: it takes no new clients, moves those that it has, waits until what it published is stable, and resigns from the directory, so
/// that its rooms are left then and not when its lease lapses. Where the host's lifetime does not call it, stopping the host waits for it.
/// </summary>
internal sealed class ServerDrain(ThisServer server, IHostApplicationLifetime application, ILoggerFactory loggers) : IServerDrain, IHostedService, IDisposable
{
    /// <summary>How long each of the last steps may take.</summary>
    private static readonly TimeSpan LastStep = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = loggers.CreateLogger("OrleansAdapter.Draining").Bounded(server.Time);
    private readonly CancellationTokenSource _hurry = new();
    private readonly Lock _lock = new();
    private CancellationTokenRegistration _started;
    private CancellationTokenRegistration _stopping;
    private Task? _drained;
    private bool _isOver;

    public Task DrainAsync()
    {
        lock (_lock)
        {
            return _drained ??= _isOver || _hurry.IsCancellationRequested ? Task.CompletedTask : Task.Run(RunAsync);
        }
    }

    public void Hurry()
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _hurry.Cancel();
            }
        }
    }

    /// <summary>
    /// What is registered last is called first, and the host stops when all have returned: before anybody else takes the stop for a reason to close
    /// connections. The server's own part of the host has registered by then.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _started = application.ApplicationStarted.Register(
            () => _stopping = application.ApplicationStopping.Register(() => DrainAsync().GetAwaiter().GetResult()));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _started.Dispose();
        _stopping.Dispose();
        lock (_lock)
        {
            _isOver = true;
            _hurry.Dispose();
        }
    }

    private async Task RunAsync()
    {
        var limit = server.Options.DrainTimeout;
        if (limit == TimeSpan.Zero)
        {
            return;
        }
        var state = server.Draining;
        state.Begin();
        var clients = state.Count;
        var rate = Mover.RateFor(clients, server.Options.DrainRate, limit);
        DrainLog.Begins(_logger, server.Process, clients, rate, limit);
        using var over = new CancellationTokenSource(limit, server.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(over.Token, _hurry.Token);
        await new Mover(state, rate, server.Options.RequestsTimeout, server.Time).MoveAsync(stop.Token).ConfigureAwait(false);
        if (_hurry.IsCancellationRequested)
        {
            return;
        }
        if (state.Count is > 0 and var left)
        {
            DrainLog.CutOff(_logger, left);
            foreach (var client in state.Clients)
            {
                client.Cut();
            }
        }
        await ResignAsync().ConfigureAwait(false);
    }

    private async Task ResignAsync()
    {
        var namespaces = server.Namespaces.ToArray();
        using var settle = CancellationTokenSource.CreateLinkedTokenSource(_hurry.Token);
        settle.CancelAfter(LastStep);
        var settled = await Task.WhenAll(namespaces.Select(each => each.SettleAsync(settle.Token))).ConfigureAwait(false);
        for (var i = 0; i < settled.Length; i++)
        {
            if (!settled[i])
            {
                DrainLog.NotSettled(_logger, namespaces[i].Name);
            }
        }
        using var resign = CancellationTokenSource.CreateLinkedTokenSource(_hurry.Token);
        resign.CancelAfter(LastStep);
        try
        {
            await server.ResignAsync(resign.Token).ConfigureAwait(false);
            DrainLog.Resigned(_logger, server.Process);
        }
        catch (Exception exception) when (exception is DirectoryUnavailableException or OperationCanceledException)
        {
            DrainLog.NotResigned(_logger, server.Process, exception);
        }
    }
}
