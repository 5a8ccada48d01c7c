using System.Text.Json;

namespace OrleansAdapter.Admin;

/// <summary>Notices what is missing in the news of each server, and what came before.</summary>
internal sealed class NewsOrder
{
    /// <summary>The next number of each server. Servers that have gone are few; the number of all is bounded all the same.</summary>
    private const int Most = 10_000;

    private readonly Dictionary<string, long> _next = new(StringComparer.Ordinal);

    /// <summary>Takes note of a packet.</summary>
    /// <param name="server">Whose.</param>
    /// <param name="first">The number of its first news.</param>
    /// <param name="count">How many they are.</param>
    /// <returns>How many of them have come before, and whether nothing is missing before them.</returns>
    public (int Known, bool IsWhole) Take(string server, long first, int count)
    {
        if (_next.Count >= Most)
        {
            _next.Clear();
        }
        var isKnown = _next.TryGetValue(server, out var next);
        _next[server] = Math.Max(next, first + count);
        return isKnown ? ((int)Math.Clamp(next - first, 0, count), first <= next) : (0, true);
    }

    /// <summary>Forgets all: what comes next is the first.</summary>
    public void Clear() => _next.Clear();
}

/// <summary>Which namespaces the servers last said they have.</summary>
internal sealed class KnownNamespaces
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (DateTimeOffset At, HashSet<string> Names)> _servers = new(StringComparer.Ordinal);

    /// <summary>Takes note of the figures among a server's news.</summary>
    public void Take(string server, JsonElement news, DateTimeOffset now)
    {
        foreach (var one in news.EnumerateArray().Where(one => one[0].ValueEquals("server_stats"u8)))
        {
            var names = one[1].GetProperty("namespaces").EnumerateArray().Select(each => each.GetProperty("name").GetString()!);
            lock (_lock)
            {
                _servers[server] = (now, names.ToHashSet(StringComparer.Ordinal));
                foreach (var (gone, last) in _servers)
                {
                    if (now - last.At > SocketWatch.Lease)
                    {
                        _servers.Remove(gone);
                    }
                }
            }
        }
    }

    /// <summary>A server that has a namespace; null where none said so lately.</summary>
    public string? ServerWith(string @namespace, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _servers.FirstOrDefault(one => now - one.Value.At <= SocketWatch.Lease && one.Value.Names.Contains(@namespace)).Key;
        }
    }
}
