using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.Silo.Status;

/// <summary>
/// Serves the primary's status as JSON: at a socket file in the run's private directory, for this user, and where a port was asked for, to whoever is on this
/// machine.
/// </summary>
internal sealed class StatusServer : IAsyncDisposable
{
    private const string FileName = "status";

    /// <summary>How long the cluster may take to say how it is.</summary>
    private static readonly TimeSpan ClusterLimit = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;

    private StatusServer(WebApplication app, string path) => (_app, Path) = (app, path);

    /// <summary>Its socket file.</summary>
    public string Path { get; }

    /// <summary>Starts it.</summary>
    /// <param name="directory">The run's private directory.</param>
    /// <param name="port">The port on 127.0.0.1 for everybody; 0 for none.</param>
    /// <param name="status">Says how things are.</param>
    /// <param name="cluster">Asks the cluster how it is.</param>
    /// <exception cref="PrimaryException">The port cannot be had.</exception>
    public static async Task<StatusServer> StartAsync(
        string directory, int port, Func<Task<PrimaryStatus>> status, Func<CancellationToken, Task<ClusterStatus>> cluster)
    {
        var path = System.IO.Path.Combine(directory, FileName);
        var builder = BareServer.Builder(kestrel =>
        {
            kestrel.ListenUnixSocket(path);
            if (port != 0)
            {
                kestrel.Listen(IPAddress.Loopback, port);
            }
        });
        var server = new StatusServer(builder.Build(), path);
        server._app.Run(async context =>
        {
            if (!HttpMethods.IsGet(context.Request.Method)
                || (context.Request.Path != "/" && context.Request.Path != "/status")
                || !BareServer.IsHere(context.Request.Host))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            context.Response.Headers.CacheControl = "no-store";
            var answer = await status();
            await context.Response.WriteAsJsonAsync(
                context.Request.Query.ContainsKey("cluster") ? await WithClusterAsync(answer, cluster, context.RequestAborted) : answer);
        });
        try
        {
            await server._app.StartAsync();
        }
        catch (IOException exception)
        {
            await server.DisposeAsync();
            throw new PrimaryException($"--status-port {port}: {exception.Message}");
        }
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<PrimaryStatus> WithClusterAsync(
        PrimaryStatus status, Func<CancellationToken, Task<ClusterStatus>> cluster, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(ClusterLimit);
        try
        {
            return status with { Cluster = await cluster(limit.Token) };
        }
#pragma warning disable CA1031 // Whatever it is, the rest of the status is asked for just then.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return status with
            {
                ClusterError = exception is OperationCanceledException ? $"no answer within {ClusterLimit.TotalSeconds:0} s" : exception.Message,
            };
        }
    }
}
