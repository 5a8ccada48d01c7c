using System.Diagnostics;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>One thing for a namespace's turn to do.</summary>
internal interface INamespaceItem
{
    /// <summary>What it is, for the log.</summary>
    string What { get; }

    void Run(Namespace @namespace, NamespaceState state, long now);
}

internal sealed record ReceiveItem(HomeMessage Message) : INamespaceItem
{
    public string What => Message switch
    {
        Push push => $"a push of {push.Entries.Count} entries",
        Accepted accepted => $"the answer to a batch of {accepted.Count} operations",
        _ => Message.GetType().Name,
    };

    public void Run(Namespace @namespace, NamespaceState state, long now) => state.Receive(Message, now);
}

internal sealed record AnswerItem(Answer Answer) : INamespaceItem
{
    public string What => "an answer to a request";

    public void Run(Namespace @namespace, NamespaceState state, long now) => @namespace.Requests.Receive(Answer);
}

internal sealed record AnswersLostItem : INamespaceItem
{
    public string What => "the loss of answers";

    public static AnswersLostItem Instance { get; } = new();

    public void Run(Namespace @namespace, NamespaceState state, long now) => @namespace.Requests.AnswersLost(now);
}

internal sealed record CancelItem(long Request, CancellationToken CancellationToken) : INamespaceItem
{
    public string What => "the end of a request";

    public void Run(Namespace @namespace, NamespaceState state, long now) => @namespace.Requests.Cancel(Request, CancellationToken);
}

internal sealed record RequestItem(PendingRequest Request) : INamespaceItem
{
    public string What => "a request";

    public void Run(Namespace @namespace, NamespaceState state, long now)
    {
        @namespace.Requests.Add(Request);
        state.Submit(Request, now);
    }
}

/// <summary>A request that only this server answers, without the directory.</summary>
internal sealed record LocalRequestItem(PendingRequest Request, RequestKind Kind, ReadOnlyMemory<byte> Body) : INamespaceItem
{
    public string What => $"a request of this server to itself ({Kind})";

    public void Run(Namespace @namespace, NamespaceState state, long now)
    {
        var life = @namespace.Life;
        Request.Since = now;
        @namespace.Requests.Add(Request);
        Request.Answer(0, 0, OperationOutcome.Accepted, [life]);
        var operation = Request.Operation;
        var sockets = state.Sockets.Resolve(operation.Target!).ToArray();
        var activity = RequestActivities.StartAnswer(@namespace.Name, Kind, operation.Trace, isWaitedFor: true, sockets.Length);
        @namespace.Answer(
            Kind,
            new RequestContext(
                @namespace, answer => @namespace.Enqueue(new AnswerItem(answer)), life, life, Request.Id, sockets, Body, operation.Target!.Flags, activity));
    }
}

/// <summary>The next sockets whose rooms somebody has asked for.</summary>
internal sealed record LookAtRoomsItem(RequestContext Request, HashSet<string> Rooms, int First) : INamespaceItem
{
    public string What => "a request for rooms";

    public void Run(Namespace @namespace, NamespaceState state, long now) => SocketRooms.Look(Request, Rooms, First);
}

/// <summary>A client's answer to an event, or the news that there will be none.</summary>
internal sealed record AckItem(ClientAck Ack, ClientAnswer? Answer) : INamespaceItem
{
    public string What => "a client's acknowledgement";

    public void Run(Namespace @namespace, NamespaceState state, long now) => Ack.End(Answer);
}

internal sealed record TickItem : INamespaceItem
{
    public string What => "looking after what runs out";

    public static TickItem Instance { get; } = new();

    public void Run(Namespace @namespace, NamespaceState state, long now)
    {
        @namespace.TickBegan();
        state.Tick(now);
        @namespace.Requests.Tick(now, state.Replica.IsStarted);
        @namespace.Acks.Tick(now);
    }
}

internal sealed record ConnectedItem : INamespaceItem
{
    public string What => "the link to the directory is up";

    public static ConnectedItem Instance { get; } = new();

    public void Run(Namespace @namespace, NamespaceState state, long now) => state.Connected(now);
}

/// <summary>Does something and completes, with what went wrong if something did.</summary>
internal sealed class CommandItem(Action<NamespaceState, TaskCompletionSource, long> command, string what) : INamespaceItem
{
    public string What => what;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => _ended.Task;

    public void Run(Namespace @namespace, NamespaceState state, long now)
    {
        try
        {
            command(state, _ended, now);
        }
#pragma warning disable CA1031 // It belongs to the caller, who gets it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.TrySetException(exception);
        }
    }
}

internal sealed class LocalEmitItem(BroadcastTarget target, Packet packet) : INamespaceItem
{
    public string What => "a broadcast to this server's sockets";

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => _ended.Task;

    public void Run(Namespace @namespace, NamespaceState state, long now)
    {
        try
        {
            @namespace.CountDeliveries(state.DeliverLocally(target, packet));
            _ended.TrySetResult();
        }
#pragma warning disable CA1031 // It belongs to the caller, who gets it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.TrySetException(exception);
        }
    }
}

/// <summary>An operation whose publisher waits for it. Its bytes count against the publish queue's limit until the home has answered.</summary>
internal sealed class PublishItem(Namespace owner, Operation operation, PublishBudget budget, Activity? activity)
    : PendingOperation(operation), INamespaceItem
{
    /// <summary>When it was made; 0 where nobody wants to know.</summary>
    private readonly long _began = owner.Server.Metrics.TimesPublishes ? Stopwatch.GetTimestamp() : 0;

    public string What => "a publish";

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => _ended.Task;

    void INamespaceItem.Run(Namespace @namespace, NamespaceState state, long now) => state.Submit(this, now);

    protected override void OnLeft() => budget.Release(Operation);

    protected override void OnAccepted(IReadOnlyList<ServerId>? targets)
    {
        if (_began != 0)
        {
            owner.Server.Metrics.Accepted(owner.MetricName, _began);
        }
    }

    protected override void OnSucceeded()
    {
        if (_began != 0)
        {
            owner.Server.Metrics.HandedOver(owner.MetricName, _began);
        }
        BroadcastActivities.EndPublish(activity, null);
        _ended.TrySetResult();
    }

    protected override void OnFailed(OperationFailure failure)
    {
        BroadcastActivities.EndPublish(activity, failure.ToString());
        _ended.TrySetException(OperationException.For(failure, "a publish"));
    }
}
