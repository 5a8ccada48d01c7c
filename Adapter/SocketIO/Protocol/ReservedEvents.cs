namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>The names that mean something to Socket.IO itself: neither side may send them as events.</summary>
internal static class ReservedEvents
{
    public static bool Contains(string name) => name is "connect" or "connect_error" or "disconnect" or "disconnecting" or "newListener" or "removeListener";

    /// <exception cref="ArgumentException">The name is empty, or reserved.</exception>
    public static void Check(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Contains(name))
        {
            throw new ArgumentException($"\"{name}\" is a reserved event name.", nameof(name));
        }
    }
}
