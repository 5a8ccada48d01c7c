namespace OrleansAdapter.Namespaces;

/// <summary>Told of what a namespace's sockets do on this server, while somebody watches. Returns at once and does not throw.</summary>
internal interface ISocketWatcher : IRoomObserver
{
    /// <summary>A client sent an event.</summary>
    /// <param name="socket">Whose.</param>
    /// <param name="event">The event's name.</param>
    /// <param name="state">What <paramref name="arguments"/> gets.</param>
    /// <param name="arguments">
    /// Writes its arguments: one JSON array, which does not change. Called at once, and not at all where the event is not shown.
    /// </param>
    void Received<TState>(LocalSocket socket, string @event, TState state, Func<TState, ReadOnlyMemory<byte>> arguments);

    /// <summary>An event goes to a client.</summary>
    /// <param name="socket">Whose.</param>
    /// <param name="event">The event's name.</param>
    /// <param name="arguments">Its arguments: one JSON array, which does not change.</param>
    void Sent(LocalSocket socket, string @event, ReadOnlyMemory<byte> arguments);
}
