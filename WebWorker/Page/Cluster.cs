using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.WebWorker.Page;

/// <summary>The workers as the page shows them, and their death by its button.</summary>
internal sealed class Cluster
{
    private const string KillEvent = "kill";

    private readonly NamespaceRoot _namespace;
    private readonly Operations _operations;
    private readonly string? _id;
    private readonly SharedAnswer<Worker[]> _workers;

    public Cluster(IHubNamespace<ChatHub> hub, Operations operations, IOptions<OrleansAdapterOptions> options)
    {
        // The primary gives its workers their ids. One that has no primary would not come back.
        (_namespace, _operations, _id) = (hub.Namespace, operations, options.Value.ServerId);
        _workers = new SharedAnswer<Worker[]>(ListAsync);
        _namespace.OnServerSideEmit(KillEvent, asked =>
        {
            if (asked.Argument<string>(0) == _id)
            {
                KillThis();
            }
            return Task.FromResult<object?>(true);
        });
    }

    /// <summary>The workers, and whether they may be killed.</summary>
    public async Task<View> ViewAsync() => new(await WorkersAsync(), _operations.AreOn && _id is not null);

    public Task<Worker[]> WorkersAsync() => _workers.AskAsync();

    /// <param name="worker">The worker's id.</param>
    /// <param name="tell">Called with its name before it dies.</param>
    /// <exception cref="HubException">It cannot be killed.</exception>
    public async Task KillAsync(JsonElement worker, Func<string, Task> tell)
    {
        _operations.Check();
        if (_id is null)
        {
            throw new HubException("This worker has no primary, so nobody would start it again.");
        }
        var workers = await WorkersAsync();
        var target = worker.ValueKind == JsonValueKind.String ? workers.FirstOrDefault(candidate => worker.ValueEquals(candidate.Id)) : null;
        if (target is null)
        {
            throw new HubException("There is no such worker now.");
        }
        if (workers.Length == 1)
        {
            throw new HubException("It is the only worker: nobody would be left.");
        }
        await tell(target.Name);
        if (target.Id == _id)
        {
            KillThis();
        }
        await _namespace.ServerSideEmitAsync(KillEvent, target.Id);
    }

    private static void KillThis()
    {
        using var process = Process.GetCurrentProcess();
        process.Kill();
    }

    private async Task<Worker[]> ListAsync() =>
    [
        .. (await _namespace.ServersAsync())
            .OrderBy(server => server.Name, StringComparer.Ordinal)
            .Select(server => new Worker(server.Process.ToString(), server.Name, server.Started, server.Sockets)),
    ];

    /// <summary>A worker: since when it runs, and how many sockets it last said it has.</summary>
    internal sealed record Worker(string Id, string Name, DateTimeOffset Started, int Sockets);

    internal sealed record View(Worker[] Workers, bool MayKill);
}
