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

    /// <summary>Removes the newest of an event's handlers that is this one; without one, all.</summary>
    public void Remove(string name, Delegate? handler)
    {
        lock (_lock)
        {
            Set(name, handler is null || !_handlers.TryGetValue(name, out var known) ? [] : known.Less(each => each.Handler.Equals(handler)));
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _handlers.Clear();
        }
    }

    public BoundHandler[] Find(string name)
    {
        lock (_lock)
        {
            return _handlers.GetValueOrDefault(name) ?? [];
        }
    }

    /// <summary>The handlers for an event that has come. Those for one event only are there for no other.</summary>
    public BoundHandler[] Take(string name)
    {
        lock (_lock)
        {
            var found = _handlers.GetValueOrDefault(name) ?? [];
            if (Array.Exists(found, handler => handler.IsOnce))
            {
                Set(name, Array.FindAll(found, handler => !handler.IsOnce));
            }
            return found;
        }
    }

    private void Set(string name, BoundHandler[] handlers)
    {
        if (handlers.Length == 0)
        {
            _handlers.Remove(name);
        }
        else
        {
            _handlers[name] = handlers;
        }
    }
}

/// <summary>Lists of listeners that are replaced rather than changed, so that whoever goes through one sees it to its end.</summary>
internal static class Listeners
{
    /// <summary>The list without the newest listener that matches.</summary>
    public static T[] Less<T>(this T[] listeners, Predicate<T> matches)
    {
        var place = Array.FindLastIndex(listeners, matches);
        return place < 0 ? listeners : [.. listeners[..place], .. listeners[(place + 1)..]];
    }
}
