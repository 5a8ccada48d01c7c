using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// The last steps of a server's start, when it has reached the directory: it is registered in its namespaces, and sees the others. A step that takes long says
/// what it waits for, after 3 s and then every minute.
/// </summary>
internal sealed class ServerStart(ThisServer server, ILogger logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the home of each namespace that is in use now has let this server in.</summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var namespaces = server.Namespaces.ToArray();
        var registered = Task.WhenAll(namespaces.Select(n => n.Ready));
        var warning = new WaitWarning(server.Time);
        await warning.WaitAsync(registered, Warn, cancellationToken).ConfigureAwait(false);

        void Warn()
        {
            var missing = namespaces.Where(n => !n.Ready.IsCompleted).Select(n => n.Name).Order(StringComparer.Ordinal);
            AdapterLog.WaitsForRegistration(logger, string.Join(", ", missing), (long)warning.Waited.TotalSeconds);
        }
    }

    /// <summary>
    /// Waits until this server is listed, and sees whoever the homes know: what a server says of the cluster is true from the moment it is ready. One that
    /// died a moment ago may still be known to a home and no longer be listed, so that is not waited for longer than requests are.
    /// </summary>
    public async Task SeeOthersAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(server.Options.RequestsTimeout, server.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var warning = new WaitWarning(server.Time);
        try
        {
            while (await MissingAsync(either.Token).ConfigureAwait(false) is { Count: > 0 } missing)
            {
                if (warning.IsDue())
                {
                    AdapterLog.WaitsForOthers(logger, string.Join(", ", missing), (long)warning.Waited.TotalSeconds, server.Options.RequestsTimeout);
                }
                await Task.Delay(LookInterval, server.Time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // It goes on without them.
        }
    }

    /// <summary>The servers that should be listed and are not.</summary>
    private async Task<HashSet<ServerId>> MissingAsync(CancellationToken cancellationToken)
    {
        HashSet<ServerId> missing = [server.Process, .. server.Namespaces.SelectMany(n => n.Lives).Select(life => life.Process)];
        try
        {
            missing.ExceptWith((await server.Directory.ServersAsync(cancellationToken).ConfigureAwait(false)).Select(listed => listed.Process));
        }
        catch (DirectoryUnavailableException)
        {
            // Lost since the server registered: it comes back.
        }
        return missing;
    }
}
