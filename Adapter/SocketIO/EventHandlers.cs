namespace OrleansAdapter.SocketIO;

/// <summary>Handlers by the event's name. Safe under threads; made for many reads.</summary>
internal sealed class EventHandlers
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, BoundHandler[]> _handlers = new(1, StringComparer.Ordinal);

    public void Add(string name, BoundHandler handler)
    {
        lock (_lock)
        {
            _handlers[name] = _handlers.TryGetValue(name, out var known) ? [.. known, handler] : [handler];
        }
    }

    public void Remove(string name, Delegate? handler)
    {
        lock (_lock)
        {
            if (handler is null || !_handlers.TryGetValue(name, out var known))
            {
                _handlers.Remove(name);
            }
            else
            {
                _handlers[name] = [.. known.Where(each => !each.Handler.Equals(handler))];
            }
        }
    }

    public BoundHandler[] Find(string name)
    {
        lock (_lock)
        {
            return _handlers.GetValueOrDefault(name) ?? [];
        }
    }
}
