using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Forwarding;

/// <summary>
/// The addresses of the other servers, as the directory has them. A server that is not known is asked for, together with all that are asked for at the same
/// time, and not more often than a few times in a second: whoever makes up the names of servers costs a little time of his own.
/// </summary>
/// <param name="list">Asks the directory.</param>
/// <param name="own">This server's own options, by which the others' addresses have to be written.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class ServerAddresses(
    Func<CancellationToken, Task<IReadOnlyList<ServerDescription>>> list, ForwardingOptions own, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>How many requests may wait for an answer of the directory.</summary>
    private const int WaitingLimit = 10_000;

    private readonly Lock _lock = new();
    private volatile Dictionary<ServerId, EndPoint> _known = [];
    private Task? _next;
    private Task _last = Task.CompletedTask;
    private long? _asked;
    private int _waiting;

    /// <summary>The address of a process that is known.</summary>
    public bool TryFind(ServerId process, [NotNullWhen(true)] out EndPoint? address) => _known.TryGetValue(process, out address);

    /// <summary>The address of a process; null where there is no such server, or it cannot be reached by others.</summary>
    public ValueTask<EndPoint?> FindAsync(ServerId process, CancellationToken cancellationToken) =>
        TryFind(process, out var known) ? new ValueTask<EndPoint?>(known) : AskAsync(process, cancellationToken);

    /// <summary>A process could not be reached: it has ended. Where it has not, the directory says so again.</summary>
    public void Forget(ServerId process)
    {
        lock (_lock)
        {
            if (_known.ContainsKey(process))
            {
                var known = new Dictionary<ServerId, EndPoint>(_known);
                known.Remove(process);
                _known = known;
            }
        }
    }

    private async ValueTask<EndPoint?> AskAsync(ServerId process, CancellationToken cancellationToken)
    {
        Task next;
        lock (_lock)
        {
            if (_waiting >= WaitingLimit)
            {
                return null;
            }
            _waiting++;
            // One that has begun may have been answered before the server was there.
            next = _next ??= _last = AskAsync(_last);
        }
        try
        {
            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        return _known.GetValueOrDefault(process);
    }

    private async Task AskAsync(Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (_asked is { } asked && Pause - time.GetElapsedTime(asked) is { Ticks: > 0 } left)
        {
            await Task.Delay(left, time).ConfigureAwait(false);
        }
        lock (_lock)
        {
            _next = null;
        }
        _asked = time.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            var known = new Dictionary<ServerId, EndPoint>();
            foreach (var server in await list(limit.Token).ConfigureAwait(false))
            {
                if (ServerAddress.TryFind(server, own, out var address))
                {
                    known[server.Process] = address;
                }
            }
            lock (_lock)
            {
                _known = known;
            }
        }
#pragma warning disable CA1031 // Whatever it is: those who wait are told that the server is not known, and the next one asks again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ForwardingLog.NoServers(logger, exception);
        }
    }
}
