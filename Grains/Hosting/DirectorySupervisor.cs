using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// A supervisor's access to the directory, for a process that starts servers and sees them die. It connects in the background, as soon as it can.
/// </summary>
public sealed class DirectorySupervisor : IAsyncDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>A report that waits for a silo which just died is made again: the next one knows of that silo.</summary>
    private static readonly TimeSpan ReportAgainAfter = TimeSpan.FromSeconds(1);

    private readonly IHost _host;
    private readonly MembershipFile? _membership;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _started;

    /// <summary>Begins to connect.</summary>
    public DirectorySupervisor(DirectoryClusterOptions options)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddOrleansDirectoryClient(options);
        _host = builder.Build();
        _membership = options.MembershipFile is { Length: > 0 } file ? new MembershipFile(file) : null;
        _started = Task.Run(StartAsync);
    }

    private IServerListGrain Servers => _host.Services.GetRequiredService<IClusterClient>().GetGrain<IServerListGrain>(0);

    /// <summary>Reports that a process is dead. Returns when the directory has taken note, however long that takes.</summary>
    public async Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        await DeclareDeadAsync(process.ToString()).ConfigureAwait(false);
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await Servers.ReportDeath(process).WaitAsync(ReportAgainAfter, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                await Task.Delay(TryAgainAfter, cancellationToken).ConfigureAwait(false); // the cluster is away, or changing
            }
        }
    }

    /// <summary>Says that the process of the directory's silo is dead, where others are silos as well. Another one may follow at once.</summary>
    public Task DirectoryDiedAsync() => DeclareDeadAsync(OnDirectorySilo.Name);

    /// <summary>Ends when the silo that this process is connected to has answered; throws where it does not.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        await _host.Services.GetRequiredService<IClusterClient>().GetGrain<IPingGrain>(0).Ping().WaitAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>Grains of a dead silo are found elsewhere as soon as the others know; they would need seconds to find out.</summary>
    private Task DeclareDeadAsync(string silo) => _membership?.DeclareDeadAsync(silo, DateTime.UtcNow) ?? Task.CompletedTask;

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
