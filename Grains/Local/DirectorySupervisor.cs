using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansAdapter.Grains.Local;

/// <summary>
/// For the process that starts servers and sees them end: lists the servers at a directory, and reports deaths. It connects by itself, and again
/// whenever the directory was away.
/// </summary>
public sealed class DirectorySupervisor : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly LinkDirectory _link;
    private readonly TimeProvider _time;
    private readonly Task _started;

    /// <summary>Begins to connect.</summary>
    /// <param name="options">Where the directory is; <see cref="LocalDirectoryOptions.SocketPath"/> is required.</param>
    public DirectorySupervisor(LocalDirectoryOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.SocketPath, nameof(options));
        _time = time ?? TimeProvider.System;
        var logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("OrleansAdapter.Supervisor");
        var target = new LinkTarget(options.SocketPath, LinkGreeting.Secret(options.Secret), LinkRole.Supervisor);
        _link = new LinkDirectory(target, options.Link, _time, new Random(), logger);
        _started = _link.StartAsync(ServerId.NewProcess(), new Nobody(), CancellationToken.None);
    }

    /// <summary>The servers that have described themselves and whose lease runs. Waits for a directory that is away.</summary>
    /// <exception cref="DirectoryRefusedException">The directory refuses this process for good (secret, version).</exception>
    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) =>
        UntilReachedAsync(() => _link.ServersAsync(cancellationToken), cancellationToken);

    /// <summary>
    /// Tells that a process is dead: it leaves all rooms at once, and what is late from it is refused. Returns when the directory has taken note; waits for one
    /// that is away. Idempotent.
    /// </summary>
    /// <exception cref="DirectoryRefusedException">The directory refuses this process for good (secret, version).</exception>
    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => UntilReachedAsync(
        async () =>
        {
            await _link.ReportDeathAsync(process, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Ends the link.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<T> UntilReachedAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken);
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (DirectoryUnavailableException)
            {
                await Task.Delay(Pause, _time, cancellationToken);
            }
        }
    }

    /// <summary>A supervisor is sent nothing.</summary>
    private sealed class Nobody : IDirectoryReceiver
    {
        public void Receive(string @namespace, HomeMessage message)
        {
        }

        public void Receive(ServerMessage message)
        {
        }

        public void Connected()
        {
        }
    }
}
