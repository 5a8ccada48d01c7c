using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace OrleansAdapter.OnOrleans;

/// <summary>
/// A supervisor's access to the directory, for a process that starts servers and sees them die. It connects in the background, as soon as it can.
/// </summary>
public sealed class OrleansSupervisor : IAsyncDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly IHost _host;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _started;

    /// <summary>Begins to connect.</summary>
    public OrleansSupervisor(OrleansEngineOptions options)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddOrleansDirectoryClient(options);
        _host = builder.Build();
        _started = Task.Run(StartAsync);
    }

    private IServersGrain Servers => _host.Services.GetRequiredService<IClusterClient>().GetGrain<IServersGrain>(0);

    /// <summary>Reports that a process is dead. Returns when the directory has taken note, however long that takes.</summary>
    public async Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await Servers.ReportDeath(process).WaitAsync(cancellationToken).ConfigureAwait(false);
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
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _started.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_started.IsCompletedSuccessfully)
        {
            await _host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _host.Dispose();
        _stopping.Dispose();
    }

    private async Task StartAsync()
    {
        await _host.StartAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            await Servers.List().WaitAsync(_stopping.Token).ConfigureAwait(false); // the first call takes long, and a death is urgent
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Not now, then.
        }
    }
}
