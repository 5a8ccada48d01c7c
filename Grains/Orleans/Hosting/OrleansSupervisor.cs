using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace OrleansAdapter.OnOrleans;

/// <summary>
/// A supervisor's access to the directory, for a process that starts servers and sees them die. It connects with the first death it has to tell of.
/// </summary>
public sealed class OrleansSupervisor : IAsyncDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly IHost _host;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _started;

    /// <summary>Prepares it; nothing is connected yet.</summary>
    public OrleansSupervisor(OrleansEngineOptions options)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddOrleansDirectoryClient(options);
        _host = builder.Build();
    }

    /// <summary>Reports that a process is dead. Returns when the directory has taken note, however long that takes.</summary>
    public async Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        var servers = _host.Services.GetRequiredService<IClusterClient>().GetGrain<IServersGrain>(0);
        while (true)
        {
            try
            {
                await servers.ReportDeath(process).WaitAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                await Task.Delay(TryAgainAfter, cancellationToken).ConfigureAwait(false); // the cluster is away, or changing
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_started)
        {
            await _host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _host.Dispose();
        _turn.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_started)
            {
                await _host.StartAsync(cancellationToken).ConfigureAwait(false);
                _started = true;
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
