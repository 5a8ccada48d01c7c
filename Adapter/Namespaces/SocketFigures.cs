namespace OrleansAdapter.Namespaces;

/// <summary>What a front has in sockets, for metrics. Asked when somebody looks at them, on any thread.</summary>
internal interface ISocketSource
{
    /// <summary>Its sockets: the namespace, and what their clients speak.</summary>
    IEnumerable<(string Namespace, ClientKind Kind)> Sockets { get; }

    /// <summary>The kinds that are shown also where there is none of them.</summary>
    IEnumerable<(string Namespace, ClientKind Kind)> Expected { get; }
}

/// <summary>The sockets and clients of this server as metrics show them, summed up when somebody looks.</summary>
internal sealed class SocketFigures(DrainState clients)
{
    private readonly BoundedNames _names = new(BoundedNames.Namespaces);
    private readonly Lock _lock = new();
    private volatile ISocketSource[] _sources = [];

    public void Add(ISocketSource source)
    {
        lock (_lock)
        {
            _sources = [.. _sources, source];
        }
    }

    /// <summary>The name of a namespace as metrics show it.</summary>
    public string NameOf(string @namespace) => _names.Of(@namespace);

    /// <summary>How many sockets there are of each namespace and kind; namespaces beyond a number are one.</summary>
    public IReadOnlyDictionary<(string Namespace, ClientKind Kind), int> Count()
    {
        var counts = new Dictionary<(string, ClientKind), int>();
        foreach (var source in _sources)
        {
            foreach (var (name, kind) in source.Expected)
            {
                counts.TryAdd((_names.Of(name), kind), 0);
            }
            foreach (var (name, kind) in source.Sockets)
            {
                var key = (_names.Of(name), kind);
                counts[key] = counts.GetValueOrDefault(key) + 1;
            }
        }
        return counts;
    }

    /// <summary>How many bytes wait for clients.</summary>
    public long QueuedBytes() => clients.Clients.Sum(client => client.QueuedBytes);

    /// <summary>For how many clients more waits than may at any time.</summary>
    public int SlowClients() => clients.Clients.Count(client => client.IsSlow);
}
