namespace OrleansAdapter.Grains;

/// <summary>
/// The servers of the cluster: who has described itself and has a lease, and the answers on their way between them. A plain state machine, like
/// <see cref="Server"/>. It decides nothing about rooms: a home has leases of its own (PROTOCOL.md).
/// </summary>
internal sealed class ServerList(ServersOptions options, IServersOutput output, Random random)
{
    private readonly Dictionary<ServerId, Server> _servers = [];
    private readonly Dictionary<ServerId, long> _deadProcesses = [];
    private readonly List<Server> _lapsed = [];
    private long? _lastTick;

    /// <summary>The servers that have described themselves and whose lease runs, in a fixed order.</summary>
    public ServerDescription[] List() =>
        [.. _servers.Values.Select(server => server.Description).OfType<ServerDescription>().OrderBy(description => description.Process)];

    /// <summary>How many servers are in <see cref="List"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The answers that wait for servers, in bytes.</summary>
    public long WaitingBytes
    {
        get
        {
            long bytes = 0;
            foreach (var server in _servers.Values)
            {
                bytes += server.WaitingBytes;
            }
            return bytes;
        }
    }

    /// <summary>Handles one message of a server. What comes late from or for a dead one is refused.</summary>
    public void Receive(ServerMessage message, long now)
    {
        switch (message)
        {
            case Describe describe when !IsDead(describe.Description.Process):
                Receive(describe, now);
                break;
            case Answer answer when IsDead(answer.To) || IsDead(answer.From):
                output.Refused(answer, AnswerRefusal.Dead);
                break;
            case Answer answer:
                Of(answer.To.Process, now).Receive(answer, now);
                break;
            case AcknowledgeAnswers acknowledge when _servers.TryGetValue(acknowledge.Process.Process, out var server):
                server.Receive(acknowledge);
                break;
        }
    }

    /// <summary>A supervisor saw a process end: it leaves the list at once, and what is late from it is refused. Idempotent.</summary>
    public void ReportDeath(ServerId process, long now)
    {
        _deadProcesses[process.Process] = now;
        if (_servers.TryGetValue(process.Process, out var server))
        {
            Remove(server, RemovalReason.Died);
        }
    }

    /// <summary>Ends what has run out. Call it more often than what counts as a pause.</summary>
    public void Tick(long now)
    {
        var gap = now - (_lastTick ?? now);
        _lastTick = now;
        foreach (var server in _servers.Values)
        {
            if (gap > options.PauseThreshold)
            {
                server.ExtendLease(gap);
            }
            server.Tick(now);
            if (server.HasLapsed(now))
            {
                _lapsed.Add(server);
            }
        }
        foreach (var server in _lapsed)
        {
            Remove(server, RemovalReason.Lapsed);
        }
        _lapsed.Clear();
        Forget(now);
    }

    private void Receive(Describe describe, long now)
    {
        var server = Of(describe.Description.Process.Process, now);
        var isNew = server.Description is null;
        server.Receive(describe, now);
        if (isNew)
        {
            Count++;
            output.Added(describe.Description);
        }
    }

    private Server Of(ServerId process, long now)
    {
        if (!_servers.TryGetValue(process, out var server))
        {
            server = new Server(process, options, output, random.NextInt64(1, long.MaxValue), now);
            _servers[process] = server;
        }
        return server;
    }

    private void Remove(Server server, RemovalReason reason)
    {
        _servers.Remove(server.Process);
        if (server.Description is { } description)
        {
            Count--;
            output.Removed(description, reason);
        }
    }

    private bool IsDead(ServerId server) => _deadProcesses.ContainsKey(server.Process);

    private void Forget(long now)
    {
        if (_deadProcesses.Count == 0)
        {
            return;
        }
        foreach (var (process, since) in _deadProcesses)
        {
            if (now - since > options.DeathMemory)
            {
                _deadProcesses.Remove(process);
            }
        }
    }
}
