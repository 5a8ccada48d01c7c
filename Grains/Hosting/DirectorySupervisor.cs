using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>Reports deaths to the directory, for a process that starts servers and sees them end. It connects in the background.</summary>
internal sealed class DirectorySupervisor : IAsyncDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>After this time a report is made again: it may wait for a silo that just died.</summary>
    private static readonly TimeSpan ReportAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>So many attempts to report a silo's death are made one right after the other.</summary>
    private const int QuickAttempts = 8;

    private readonly IHost _host;
    private readonly MembershipFile? _membership;
    private readonly bool _several;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _started;

    /// <summary>Begins to connect, in the background.</summary>
    public DirectorySupervisor(DirectoryClusterOptions options)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddOrleansDirectoryClient(options);
        _host = builder.Build();
        _membership = options.MembershipFile is { Length: > 0 } file ? new MembershipFile(file) : null;
        _several = options.IsClustered;
        _started = Task.Run(StartAsync);
    }

    private IServerListGrain Servers => _host.Services.GetRequiredService<IClusterClient>().GetGrain<IServerListGrain>(0);

    /// <summary>Reports that a server's process is dead. Returns when the directory has taken note, however long that takes.</summary>
    public async Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        await DeclareDeadAsync(process.ToString()).ConfigureAwait(false);
        await ReportAsync(() => Servers.ReportDeath(process), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reports that the process of the directory's own silo is dead, and the server in it, its doors: to the silos that are left or, on one machine, to the
    /// next one.
    /// </summary>
    public async Task ReportDirectoryDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        if (_several)
        {
            await ReportToAnyAsync(process, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await DeclareDeadAsync(OnDirectorySilo.Name).ConfigureAwait(false);
            await ReportAsync(() => Servers.ReportDeath(process), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends when the silo that this process is connected to has answered; throws where it does not.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        await _host.Services.GetRequiredService<IClusterClient>().GetGrain<IPingGrain>(0).Ping().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says what the cluster consists of.</summary>
    public async Task<DirectoryView> LookAsync(CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await DirectoryView.ReadAsync(_host.Services.GetRequiredService<IClusterClient>()).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Tells whichever silo hears it. Each attempt is a grain of its own, since a client's calls of one grain take the same gateway: the first may be that of
    /// the silo which has just died, and a call that is lost there is known to be only after seconds.
    /// </summary>
    private async Task ReportToAnyAsync(ServerId process, CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        var client = _host.Services.GetRequiredService<IClusterClient>();
        List<Task<bool>> attempts = [];
        for (var number = 0; ; number++)
        {
            attempts.Add(HasSucceededAsync(client.GetGrain<ISiloDeathGrain>(number).Report(process)));
            var pause = Task.Delay(number < QuickAttempts ? TryAgainAfter : ReportAgainAfter, cancellationToken);
            while (attempts.Count > 0 && await Task.WhenAny([pause, .. attempts]).ConfigureAwait(false) is Task<bool> ended)
            {
                if (await ended.ConfigureAwait(false))
                {
                    return;
                }
                attempts.Remove(ended); // its silo is away, or the cluster is changing
            }
            await pause.ConfigureAwait(false);
        }

        // Also those that are left over when another one was heard: nobody else would look at what becomes of them.
        static async Task<bool> HasSucceededAsync(Task report)
        {
            await report.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return report.IsCompletedSuccessfully;
        }
    }

    private async Task ReportAsync(Func<Task> report, CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await report().WaitAsync(ReportAgainAfter, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Marks a silo as dead in the membership file, so that the other silos need not find out, which takes seconds.</summary>
    private Task DeclareDeadAsync(string silo) => _membership?.DeclareDeadAsync(silo, DateTime.UtcNow) ?? Task.CompletedTask;

    private async Task StartAsync()
    {
        await _host.StartAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            await Servers.List(ProtocolVersion.Oldest).WaitAsync(_stopping.Token).ConfigureAwait(false); // the first call takes long, and a death is urgent
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Not now, then.
        }
    }
}
