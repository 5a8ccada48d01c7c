using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <content>What the application does with what comes.</content>
public sealed partial class SocketIOSocket
{
    private EventHandlers? _handlers;
    private Action<SocketIOEvent>[] _anyListeners = [];
    private Action<string, SocketIOArguments>[] _anyOutgoingListeners = [];
    private Func<SocketIOEvent, Task>[] _middlewares = [];
    private Action<SocketIODisconnect>[] _disconnectingListeners = [];
    private Func<SocketIODisconnect, Task>[] _disconnectListeners = [];
    private Action<Exception>[] _errorListeners = [];

    /// <summary>
    /// Says what to do with an event. The handler is any method or lambda: its parameters take the event's arguments, in order; besides, it may ask for the
    /// <see cref="SocketIOAck"/>, the <see cref="SocketIOEvent"/>, all <see cref="SocketIOArguments"/>, the socket, the user
    /// (<see cref="System.Security.Claims.ClaimsPrincipal"/>), a <see cref="CancellationToken"/> for the end of the socket, and services. It may be
    /// asynchronous. Where the client asks for an acknowledgement and the handler does not send one itself, its result is it.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Handlers begin in the order of the events, and one of the socket runs at a time; while it awaits something, the others go on, as in Node.js
    /// (<see cref="SocketIOOptions.HandlerScheduling"/>). What comes behind <c>ConfigureAwait(false)</c>, and what <c>Task.Run</c> does, is no part of that:
    /// it runs on any thread, beside other handlers.
    /// </para>
    /// <para>
    /// Where the arguments are not what the handler takes it does not run, and an acknowledgement that the client asks for is an object with the reason as
    /// its <c>error</c>. What a handler throws is logged, and the client gets no answer.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentException">The name is empty or reserved.</exception>
    public SocketIOSocket On(string @event, Delegate handler)
    {
        ReservedEvents.Check(@event);
        Table.Add(@event, Namespace.Server.Bind(handler));
        return this;
    }

    /// <summary>The same as <see cref="On"/> for the next such event only.</summary>
    /// <exception cref="ArgumentException">The name is empty or reserved.</exception>
    public SocketIOSocket Once(string @event, Delegate handler)
    {
        ReservedEvents.Check(@event);
        Table.Add(@event, Namespace.Server.Bind(handler) with { IsOnce = true });
        return this;
    }

    /// <summary>
    /// Takes back what <see cref="On"/> or <see cref="Once"/> said; without a handler, for all of the event's handlers. Of a handler that was given twice,
    /// the newest goes.
    /// </summary>
    public SocketIOSocket Off(string @event, Delegate? handler = null)
    {
        _handlers?.Remove(@event, handler);
        return this;
    }

    /// <summary>Takes back whatever <see cref="On"/> and <see cref="Once"/> said.</summary>
    public SocketIOSocket Off()
    {
        _handlers?.Clear();
        return this;
    }

    /// <summary>The socket's own handlers of an event, in the order in which they run. Those of the namespace run before them.</summary>
    public IReadOnlyList<Delegate> Listeners(string @event) => [.. (_handlers?.Find(@event) ?? []).Select(bound => bound.Handler)];

    /// <summary>Sees every event of the client, before its handlers do.</summary>
    public SocketIOSocket OnAny(Action<SocketIOEvent> listener) => Add(ref _anyListeners, listener);

    /// <summary>The same as <see cref="OnAny"/>, before the listeners that there are.</summary>
    public SocketIOSocket PrependAny(Action<SocketIOEvent> listener) => Add(ref _anyListeners, listener, prepend: true);

    /// <summary>Takes back what <see cref="OnAny"/> said; without a listener, for all.</summary>
    public SocketIOSocket OffAny(Action<SocketIOEvent>? listener = null) => Remove(ref _anyListeners, listener);

    /// <summary>What <see cref="OnAny"/> and <see cref="PrependAny"/> were given, in the order in which they are called.</summary>
    public IReadOnlyList<Action<SocketIOEvent>> ListenersAny() => Array.AsReadOnly(_anyListeners);

    /// <summary>Sees every event that goes to the client, broadcasts too. Does not hold them up.</summary>
    public SocketIOSocket OnAnyOutgoing(Action<string, SocketIOArguments> listener) => Add(ref _anyOutgoingListeners, listener);

    /// <summary>The same as <see cref="OnAnyOutgoing"/>, before the listeners that there are.</summary>
    public SocketIOSocket PrependAnyOutgoing(Action<string, SocketIOArguments> listener) => Add(ref _anyOutgoingListeners, listener, prepend: true);

    /// <summary>Takes back what <see cref="OnAnyOutgoing"/> said; without a listener, for all.</summary>
    public SocketIOSocket OffAnyOutgoing(Action<string, SocketIOArguments>? listener = null) => Remove(ref _anyOutgoingListeners, listener);

    /// <summary>What <see cref="OnAnyOutgoing"/> and <see cref="PrependAnyOutgoing"/> were given, in the order in which they are called.</summary>
    public IReadOnlyList<Action<string, SocketIOArguments>> ListenersAnyOutgoing() => Array.AsReadOnly(_anyOutgoingListeners);

    /// <summary>Runs before the handlers of every event. What it throws goes to <see cref="OnError"/>, and the handlers do not run.</summary>
    public SocketIOSocket Use(Func<SocketIOEvent, Task> middleware) => Add(ref _middlewares, middleware);

    /// <summary>Called when the socket disconnects, while it still has its <see cref="Rooms"/>.</summary>
    public SocketIOSocket OnDisconnecting(Action<SocketIODisconnect> listener) => Add(ref _disconnectingListeners, listener);

    /// <summary>Called when the socket has disconnected.</summary>
    public SocketIOSocket OnDisconnect(Func<SocketIODisconnect, Task> listener) => Add(ref _disconnectListeners, listener);

    /// <summary>Called when the socket has disconnected.</summary>
    public SocketIOSocket OnDisconnect(Action<SocketIODisconnect> listener) => OnDisconnect(disconnect =>
    {
        listener(disconnect);
        return Task.CompletedTask;
    });

    /// <summary>Called with what a <see cref="Use">middleware</see> threw, and where an event is over a limit of <see cref="RateLimitOptions"/>.</summary>
    public SocketIOSocket OnError(Action<Exception> listener) => Add(ref _errorListeners, listener);

    /// <summary>Whether an event has a handler.</summary>
    internal bool Handles(string @event) => Namespace.Handlers.Find(@event).Length > 0 || _handlers?.Find(@event).Length > 0;

    private EventHandlers Table => _handlers ?? Interlocked.CompareExchange(ref _handlers, new EventHandlers(), null) ?? _handlers;

    private SocketIOSocket Add<T>(ref T[] to, T listener, bool prepend = false)
    {
        ArgumentNullException.ThrowIfNull(listener);
        lock (_lock)
        {
            to = prepend ? [listener, .. to] : [.. to, listener];
        }
        return this;
    }

    private SocketIOSocket Remove<T>(ref T[] from, T? listener)
        where T : Delegate
    {
        lock (_lock)
        {
            from = listener is null ? [] : from.Less(each => each.Equals(listener));
        }
        return this;
    }
}
