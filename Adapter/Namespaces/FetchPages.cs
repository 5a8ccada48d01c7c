namespace OrleansAdapter.Namespaces;

/// <summary>
/// The sockets that servers have and did not show yet, and which of them are asked for next: of each server about as many as it can show in a page, so that
/// all pages of many sockets together cost no more than a few looks at each.
/// </summary>
internal sealed class FetchPages
{
    /// <summary>The most ids in one question, which goes to all servers that are asked.</summary>
    private const int MaximumIds = 16_384;

    /// <summary>How many are asked for at least, where a server could show few.</summary>
    private const int Least = 16;

    private readonly Dictionary<ServerId, Left> _left = [];

    /// <summary>A server's answer.</summary>
    /// <param name="server">The server.</param>
    /// <param name="shown">How many sockets it showed.</param>
    /// <param name="more">The ids of those that it has and did not show.</param>
    public void Add(ServerId server, int shown, IReadOnlyList<SocketId> more)
    {
        if (!_left.TryGetValue(server, out var left))
        {
            if (more.Count == 0)
            {
                return;
            }
            _left[server] = left = new Left();
        }
        left.PageSize = Math.Max(2 * shown, Least);
        for (var i = more.Count - 1; i >= 0; i--)
        {
            left.Ids.Push(more[i]);
        }
    }

    /// <summary>A server failed: it is asked no further.</summary>
    public void Remove(ServerId server) => _left.Remove(server);

    /// <summary>The sockets to ask for next; empty where none is left.</summary>
    public SocketId[] Next()
    {
        List<SocketId> next = [];
        foreach (var (server, left) in _left)
        {
            var most = Math.Min(left.PageSize, Math.Max(1, MaximumIds / _left.Count));
            while (most-- > 0 && next.Count < MaximumIds && left.Ids.TryPop(out var id))
            {
                next.Add(id);
            }
            if (left.Ids.Count == 0)
            {
                _left.Remove(server);
            }
        }
        return [.. next];
    }

    private sealed class Left
    {
        public Stack<SocketId> Ids { get; } = new();

        public int PageSize { get; set; }
    }
}
