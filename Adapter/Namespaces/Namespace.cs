using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// A set of sockets with its own rooms, on this server and on all others (Socket.IO: <c>io.of("/chat")</c>; SignalR: a hub type). Broadcasts to it
/// come in one order for all members, wherever they are connected. Safe under threads.
/// </summary>
internal sealed partial class Namespace : NamespaceRoot
{
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(20);

    private readonly ThisServer _server;
    private readonly ILogger _logger;
    private readonly NamespaceQueue _queue;
    private readonly ConcurrentDictionary<RequestKind, Action<RequestContext>> _handlers = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PublishBudget _budget;
    private int _tickQueued;
    private long _life;
    private long _heard;
    private int _sockets;
    private bool _hasUnanswered;
    private bool _recovers;
    private long _away;
    private long _windowBytes;
    private IReadOnlyList<ServerId> _list = [];
    private ISocketWatcher? _watcher;

    internal Namespace(ThisServer server, string name, ILogger logger)
    {
        _server = server;
        _logger = logger;
        Name = name;
        MetricName = server.Sockets.NameOf(name);
        _queue = new NamespaceQueue(this, server.ReplicaOptions);
        _life = (long)_queue.State.Replica.Life.Bits;
        Requests = new PendingRequests(server.RequestEnded);
        _budget = new PublishBudget(name, server.Options, server.Metrics);
        ServerSide = new ServerSideHandlers(this);
        Handle(RequestKind.SocketIds, request => request.Answer(SocketIdList.Encode(request.Sockets)));
        Handle(RequestKind.CountSockets, SocketCount.Handle);
        Handle(RequestKind.Rooms, SocketRooms.Handle);
        Handle(RequestKind.FetchSockets, FetchSockets.Handle);
        Handle(RequestKind.Barrier, request => request.Answer(default));
        Handle(RequestKind.EmitWithAck, Acks.Handle);
        Handle(RequestKind.ServerSideEmit, ServerSide.Handle);
    }

    /// <summary>The namespace's name.</summary>
    public override string Name { get; }

    /// <summary>The name that metrics show: its own, or one for all beyond a number.</summary>
    internal string MetricName { get; }

    /// <summary>This server's life in the namespace: what the ids of its sockets name.</summary>
    public ServerId Life => ServerId.FromBits((ulong)System.Threading.Volatile.Read(ref _life));

    /// <summary>How many sockets this server holds in the namespace.</summary>
    internal int HeldSockets => System.Threading.Volatile.Read(ref _sockets);

    /// <summary>
    /// Whether it holds no socket, and the home has answered all that was said here: leaving it then leaves nothing behind. A home that was not told that
    /// a room has no members here any more would wait for this life's answers until its lease lapses.
    /// </summary>
    internal bool IsIdle => HeldSockets == 0 && !System.Threading.Volatile.Read(ref _hasUnanswered);

    /// <summary>
    /// What this server holds for clients that may come back, as of its last turn: how many of them are away, and the bytes of its window. Null where none may.
    /// </summary>
    internal (long Away, long Bytes)? Kept => System.Threading.Volatile.Read(ref _recovers)
        ? (System.Threading.Volatile.Read(ref _away), System.Threading.Volatile.Read(ref _windowBytes))
        : null;

    /// <summary>Completes when the server has registered in the namespace for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>For how many milliseconds nothing was heard of the home. Only where the server has registered.</summary>
    internal long Silence => _server.Now - System.Threading.Volatile.Read(ref _heard);

    /// <summary>Whether it stays as long as this server does.</summary>
    internal bool IsKept { get; set; }

    /// <summary>Somebody who watches its sockets; null mostly. Set in the turn, together with that of <see cref="LocalSockets"/>.</summary>
    internal ISocketWatcher? Watcher => System.Threading.Volatile.Read(ref _watcher);

    internal PendingRequests Requests { get; }

    /// <summary>Acknowledgements of local sockets that are waited for. Owned by the turn.</summary>
    internal AckGroups Acks { get; } = new();

    /// <summary>What this server does with the events of other servers.</summary>
    internal ServerSideHandlers ServerSide { get; }

    /// <summary>Draws the id of a socket that is about to connect.</summary>
    public SocketId NewSocketId() => SocketId.New(Life);

    /// <summary>Takes a socket in. Ends when every broadcast that is published from then on reaches it.</summary>
    /// <exception cref="ArgumentException">The socket's user id is over 1,024 bytes of UTF-8, or not valid Unicode.</exception>
    /// <exception cref="OperationException">This server was fenced meanwhile: close the connection, the client may come back at once.</exception>
    /// <exception cref="TimeoutException">The directory did not confirm it within <see cref="OrleansAdapterOptions.RequestsTimeout"/>, or this server has not
    /// started.</exception>
    public Task ConnectAsync(LocalSocket socket) => RunAsync((state, waiter, now) => state.Connect(socket, waiter, now), "a connect");

    /// <summary>Takes a socket out of the namespace and all of its rooms. Ends when that holds on this server; nothing happens if it is out.</summary>
    /// <param name="socket">Which.</param>
    /// <param name="mayComeBack">Whether its session, if it has one, outlives it.</param>
    public Task DisconnectAsync(LocalSocket socket, bool mayComeBack = false) => RunAsync(
        (state, waiter, now) =>
        {
            state.Disconnect(socket, now, mayComeBack);
            waiter.TrySetResult();
        },
        "a disconnect");

    /// <summary>Puts a socket of this server into a room. Ends when it holds in the whole cluster; a socket that has gone is left alone.</summary>
    /// <exception cref="ArgumentException">The room's name is the id of a socket of a registered server.</exception>
    /// <exception cref="TimeoutException">The directory did not confirm it in time. It holds on this server.</exception>
    public Task JoinAsync(LocalSocket socket, Room room) => RunAsync((state, waiter, now) => state.Join(socket, room, waiter, now), $"joining \"{room}\"");

    /// <summary>Takes a socket of this server out of a room. Ends when nothing that is published from then on reaches it through the room.</summary>
    public Task LeaveAsync(LocalSocket socket, Room room) => RunAsync(
        (state, waiter, now) =>
        {
            state.Leave(socket, room, waiter, now);
        },
        $"leaving \"{room}\"");

    /// <summary>The lives that the home has admitted, as far as this server knows.</summary>
    internal IReadOnlyList<ServerId> Lives => System.Threading.Volatile.Read(ref _list);

    internal override Namespace Owner => this;

    internal ThisServer Server => _server;

    /// <summary>Says what answers a kind of request. The handler is called in the turn, so it must return at once.</summary>
    internal void Handle(RequestKind kind, Action<RequestContext> handler) => _handlers[kind] = handler;

    /// <summary>Puts an operation into the one order. Ends when it is in every target's mailbox and this server has handed it to its own sockets.</summary>
    internal Task PublishAsync(Operation operation)
    {
        var activity = _server.Options.IsWarmUp ? null : BroadcastActivities.StartPublish(Name, operation.Kind);
        operation = operation.WithTrace(BroadcastActivities.TraceOf(activity));
        try
        {
            _budget.Reserve(operation);
        }
        catch
        {
            BroadcastActivities.EndPublish(activity, "refused");
            throw;
        }
        var item = new PublishItem(this, operation, _budget, activity);
        _server.Metrics.Published();
        _queue.Enqueue(item);
        return item.Task;
    }

    internal Task EmitLocallyAsync(BroadcastTarget target, Packet packet)
    {
        var item = new LocalEmitItem(target, packet);
        _queue.Enqueue(item);
        return item.Task;
    }

    internal Task SteerLocallyAsync(Operation operation) => RunAsync((state, waiter, now) => state.Steer(operation, waiter, now), $"{operation.Kind}");

    /// <summary>Asks every server with sockets that match, or only this one. See <see cref="PendingRequest"/> for how it ends.</summary>
    /// <param name="target">Whose sockets.</param>
    /// <param name="kind">What is asked.</param>
    /// <param name="body">The rest of it.</param>
    /// <param name="timeout">How long the answers are waited for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="onlyHere">Whether only this server is asked, outside the order.</param>
    /// <param name="before">An operation that is published right before; it is not where the request is refused.</param>
    /// <exception cref="TooManyRequestsException">Nothing was sent: too many requests are under way.</exception>
    /// <exception cref="PublishQueueFullException">Nothing was sent: too much waits already.</exception>
    internal async Task<RequestResult> RequestAsync(
        BroadcastTarget target, RequestKind kind, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken, bool onlyHere = false,
            Operation? before = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var began = Stopwatch.GetTimestamp();
        var id = _server.NewRequest(this);
        using var activity = before is null ? RequestActivities.Start(Name, kind) : RequestActivities.Start(Name, before.Kind);
        var operation = Operation.Request(target, RequestHeader.Write(id, kind, body.Span));
        if (before is null)
        {
            operation = operation.WithTrace(BroadcastActivities.CurrentTrace); // else what is done is seen, not that it is asked for
        }
        var limit = timeout == System.Threading.Timeout.InfiniteTimeSpan ? long.MaxValue : (long)timeout.TotalMilliseconds;
        Task? published;
        try
        {
            _budget.Reserve(operation);
            try
            {
                published = before is null ? null : PublishAsync(before);
            }
            catch
            {
                _budget.Release(operation);
                throw;
            }
        }
        catch
        {
            _server.RequestEnded(id);
            activity?.SetOutcome("refused", null);
            throw;
        }
        var request = new PendingRequest(operation, id, limit, onlyHere, _budget.Release);
        _queue.Enqueue(onlyHere ? new LocalRequestItem(request, kind, body) : new RequestItem(request));
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, id) = ((NamespaceQueue, long))state!;
                queue.Enqueue(new CancelItem(id, token));
            },
            (_queue, id)).ConfigureAwait(false);
        var outcome = "failed";
        RequestResult? result = null;
        try
        {
            if (published is not null)
            {
                await Task.WhenAll(published, request.Task).ConfigureAwait(false);
            }
            result = await request.Task.ConfigureAwait(false);
            outcome = result.Missing.Count == 0 && !result.IsUnknown ? "answered" : "partial";
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = "given up";
            throw;
        }
        finally
        {
            _server.Metrics.Requested(kind.ToString(), outcome, began);
            activity?.SetOutcome(outcome, result);
        }
    }

    /// <summary>Lets the turn end what has run out; one such item waits at most.</summary>
    internal void Tick()
    {
        _queue.Watch();
        if (Interlocked.Exchange(ref _tickQueued, 1) == 0)
        {
            _queue.Enqueue(TickItem.Instance);
        }
    }

    internal void TickBegan() => System.Threading.Volatile.Write(ref _tickQueued, 0);

    /// <summary>
    /// Waits until all that this server said in the namespace, broadcasts and memberships, has reached all whom it concerns: nobody needs this server any more
    /// to repeat it. False if that is not known when the wait is cancelled.
    /// </summary>
    internal async Task<bool> SettleAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var settled = false;
            var item = new CommandItem((state, waiter, now) =>
            {
                settled = state.Replica.AskIfSettled(now);
                waiter.TrySetResult();
            }, "asking whether all has arrived");
            _queue.Enqueue(item);
            await item.Task.ConfigureAwait(false);
            if (settled)
            {
                return true;
            }
            await Task.Delay(SettlePause, _server.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return false;
    }

    /// <summary>This server stops: whatever is waited for ends, its outcome unknown. Ends when that is done.</summary>
    internal Task StopAsync()
    {
        var item = new CommandItem((state, waiter, now) =>
        {
            state.Replica.Stop();
            Requests.Stop();
            ServerSide.Stop();
            waiter.TrySetResult();
        }, "stopping");
        _queue.Enqueue(item);
        return item.Task;
    }

    internal void Enqueue(INamespaceItem item) => _queue.Enqueue(item);

    internal void Start() => Enqueue(new CommandItem((state, waiter, now) =>
    {
        state.Start(now);
        waiter.TrySetResult();
    }, "starting"));

    /// <summary>Has the namespace watched, or not any more. Ends when that holds.</summary>
    /// <param name="watcher">Who watches; null for nobody.</param>
    /// <param name="begin">Called in the turn in which it begins, or ends, with all sockets that there are.</param>
    internal Task WatchAsync(ISocketWatcher? watcher, Action<IEnumerable<LocalSocket>> begin) => RunAsync(
        (state, waiter, _) =>
        {
            state.Sockets.Watcher = watcher;
            System.Threading.Volatile.Write(ref _watcher, watcher);
            begin(state.Sockets.All);
            waiter.TrySetResult();
        },
        "watching");

    /// <summary>A handler that runs in the turn has handed something to a socket.</summary>
    internal void Touch(LocalSocket socket) => _queue.State.Touch(socket);

    internal void CountDeliveries(int count)
    {
        _server.Metrics.Delivered(count);
        _server.Metrics.FannedOut(count);
    }

    internal void HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets)
    {
        var (id, kind, body) = RequestHeader.Read(entry.Operation.Body); // what is too short is an unreadable entry
        // Number 0 is nobody's: what is answered to it, nobody waits for.
        var activity = RequestActivities.StartAnswer(Name, kind, entry.Operation.Trace, isWaitedFor: id != 0, sockets.Count);
        activity?.SetTag("orleansadapter.number", entry.Number);
        Answer(kind, new RequestContext(this, _server.Send, entry.Publisher, Life, id, sockets, body, entry.Operation.Target!.Flags, activity));
    }

    internal void Answer(RequestKind kind, RequestContext context)
    {
        if (!_handlers.TryGetValue(kind, out var handler))
        {
            context.Fail($"Server {Life} does not know requests of kind {(byte)kind}: it runs an older version, or serves the namespace \"{Name}\" otherwise.");
            return;
        }
        try
        {
            handler(context);
        }
#pragma warning disable CA1031 // Whatever it is, the asker is told: it must not wait for nothing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            AdapterLog.RequestFailed(_logger, Name, context.Asker, exception);
            context.Fail(exception);
        }
    }

    /// <exception cref="ArgumentException">The name is the id of a socket of a registered server; a room cannot have it.</exception>
    internal void CheckIsNoSocket(string room)
    {
        if (SocketId.TryParse(room, out var id) && Lives.Contains(id.Server))
        {
            throw NamespaceState.IsSocket(room);
        }
    }

    internal void ListChanged(IReadOnlyList<ServerId> list) => System.Threading.Volatile.Write(ref _list, list);

    internal void LifeChanged(ServerId life) => System.Threading.Volatile.Write(ref _life, (long)life.Bits);

    internal void TurnEnded(NamespaceState state)
    {
        Requests.EndTurn(state.Replica.List);
        System.Threading.Volatile.Write(ref _hasUnanswered, state.Replica.HasUnanswered); // before the sockets, which IsIdle looks at first
        if (_sockets != state.Sockets.Count)
        {
            System.Threading.Volatile.Write(ref _sockets, state.Sockets.Count);
        }
        System.Threading.Volatile.Write(ref _heard, state.Replica.Heard);
        if (state.Kept is { } kept)
        {
            System.Threading.Volatile.Write(ref _away, kept.Away);
            System.Threading.Volatile.Write(ref _windowBytes, kept.Bytes);
            System.Threading.Volatile.Write(ref _recovers, true);
        }
        if (state.Replica.IsLive)
        {
            _ready.TrySetResult();
        }
    }

    internal ILogger Logger => _logger;

    private async Task RunAsync(Action<NamespaceState, TaskCompletionSource, long> command, string what)
    {
        var item = new CommandItem(command, what);
        _queue.Enqueue(item);
        if (item.Task.IsCompleted)
        {
            await item.Task.ConfigureAwait(false);
            return;
        }
        try
        {
            await item.Task.WaitAsync(_server.Options.RequestsTimeout, _server.Time).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException(
                _server.IsStarted
                    ? $"The directory did not confirm {what} in \"{Name}\" within {_server.Options.RequestsTimeout}. Check that it runs and can be reached."
                    : $"The directory was not told of {what} in \"{Name}\" within {_server.Options.RequestsTimeout}: {OperationException.NotStarted}",
                exception);
        }
    }
}
