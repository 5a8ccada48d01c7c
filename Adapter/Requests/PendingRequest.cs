using OrleansAdapter.Replication;
namespace OrleansAdapter.Requests;

/// <summary>
/// A request of this server and the answers that have come. It ends when every server that the home sent it to has answered or is gone; at its
/// deadline; or when the caller gives up.
/// </summary>
internal sealed class PendingRequest(Operation operation, long id, long timeout, bool onlyHere, Action<Operation> left) : PendingOperation(operation)
{
    private readonly TaskCompletionSource<RequestResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<ServerId, List<Answer>> _parts = [];
    private readonly List<ServerAnswer> _answers = [];
    private readonly List<ServerId> _gone = [];
    private List<ServerId>? _waitingFor;
    private long _latest = long.MaxValue;
    private bool _isTouched;

    public long Id { get; } = id;

    /// <summary>Who is to look at it at the end of the turn when something has changed; set when it is added.</summary>
    public List<PendingRequest>? Touched { get; set; }

    public Task<RequestResult> Task => _ended.Task;

    /// <summary>True as soon as the task has ended, whichever way.</summary>
    public bool HasEnded => _ended.Task.IsCompleted;

    public bool IsDue(long now) => now >= _latest || (timeout != long.MaxValue && now - Since >= timeout);

    /// <summary>Answers may have been lost, with the directory: a request without a deadline of its own gets one.</summary>
    public void EndBy(long latest) => _latest = Math.Min(_latest, latest);

    /// <summary>Takes a part of an answer; whole answers count.</summary>
    public void Receive(Answer answer)
    {
        if (HasEnded)
        {
            return; // too late, though within the turn in which it ended: the result is the caller's
        }
        if (!_parts.TryGetValue(answer.From, out var parts))
        {
            _parts[answer.From] = parts = [];
        }
        if (parts.Any(p => p.Part == answer.Part) || _answers.Any(a => a.Server == answer.From))
        {
            return;
        }
        parts.Add(answer);
        if (parts.Find(p => p.Last) is not { } last || parts.Count != last.Part + 1)
        {
            return;
        }
        _answers.Add(Assemble(answer.From, parts));
        _gone.Remove(answer.From); // it answered before it went
        _parts.Remove(answer.From);
        Touch();
    }

    /// <summary>
    /// Ends the request if nobody is left to wait for, given the lives that are in the home. The list is empty while this server, fenced, has not
    /// registered anew: then nobody is known to be gone, and answers still come.
    /// </summary>
    public void Settle(IReadOnlyList<ServerId> list)
    {
        _isTouched = false;
        if (_waitingFor is null || HasEnded)
        {
            return;
        }
        _waitingFor.RemoveAll(IsSettled);
        foreach (var gone in _waitingFor.Where(server => !onlyHere && list.Count > 0 && !list.Contains(server)).ToArray())
        {
            _gone.Add(gone);
            _waitingFor.Remove(gone);
        }
        if (_waitingFor.Count == 0)
        {
            _ended.TrySetResult(new RequestResult([.. _answers], [.. _gone], [], IsUnknown: false));
        }
    }

    public void Cancel(CancellationToken cancellationToken)
    {
        _ended.TrySetCanceled(cancellationToken);
        Touch();
    }

    /// <summary>This server stops. An operation that the home has taken is not failed by that, but its answers will not come.</summary>
    public void Stop()
    {
        Fail(OperationFailure.Stopped);
        OnFailed(OperationFailure.Stopped);
    }

    public override void TimeOut(OperationFailure failure)
    {
        // A request has its own deadline.
    }

    /// <summary>Its time is over.</summary>
    /// <param name="started">Whether this server has started: if not, nobody could have answered.</param>
    public void Expire(bool started)
    {
        if (!started && _waitingFor is null)
        {
            _ended.TrySetException(RequestTimeoutException.NotStarted());
            Touch();
            return;
        }
        _ended.TrySetResult(
            new RequestResult([.. _answers], [.. _gone], [.. (_waitingFor ?? []).Where(server => !IsSettled(server))], IsUnknown: _waitingFor is null));
        Touch();
    }

    protected override void OnAccepted(IReadOnlyList<ServerId>? targets)
    {
        if (targets is not null)
        {
            // After a merge it may have been sent to others than before: who left meanwhile never gets it.
            _waitingFor = [.. targets.Distinct()]; // a merge may name one for what it held, and again for what it gets
            Touch();
        }
        else if (_waitingFor is null)
        {
            OnFailed(OperationFailure.Merged);
        }
    }

    protected override void OnLeft() => left(Operation);

    protected override void OnSucceeded()
    {
        // The answers end it.
    }

    protected override void OnFailed(OperationFailure failure)
    {
        _ended.TrySetException(OperationException.For(failure, "a request"));
        Touch();
    }

    private bool IsSettled(ServerId server) => _gone.Contains(server) || _answers.Exists(answer => answer.Server == server);

    private void Touch()
    {
        if (!_isTouched && Touched is not null)
        {
            _isTouched = true;
            Touched.Add(this);
        }
    }

    private static ServerAnswer Assemble(ServerId from, List<Answer> parts)
    {
        if (parts.Count == 1)
        {
            return new ServerAnswer(from, parts[0].Error, parts[0].Body);
        }
        parts.Sort((a, b) => a.Part.CompareTo(b.Part));
        var body = GC.AllocateUninitializedArray<byte>(parts.Sum(p => p.Body.Length));
        var at = 0;
        foreach (var part in parts)
        {
            part.Body.Span.CopyTo(body.AsSpan(at));
            at += part.Body.Length;
        }
        return new ServerAnswer(from, parts[^1].Error, body);
    }
}
