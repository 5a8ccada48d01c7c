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
    private readonly Dictionary<ServerId, ServerAnswer> _answers = [];
    private readonly HashSet<ServerId> _gone = [];

    /// <summary>Those that have neither answered nor gone; null while it is not known whom the request went to.</summary>
    private HashSet<ServerId>? _waitingFor;

    /// <summary>Whether <see cref="_waitingFor"/> has to be compared with the list of lives: only where one of them is new.</summary>
    private bool _mayBeGone;
    private long _latest = long.MaxValue;
    private bool _isTouched;

    public long Id { get; } = id;

    /// <summary>Who looks at it at the end of the turn when something has changed, and forgets it before it ends; set when it is added.</summary>
    public PendingRequests? Owner { get; set; }

    public Task<RequestResult> Task => _ended.Task;

    /// <summary>How often a server was looked at, for tests: an answer must cost no more where many servers are asked.</summary>
    public long Steps { get; private set; }

    /// <summary>True as soon as the task has ended, whichever way.</summary>
    public bool HasEnded => _ended.Task.IsCompleted;

    public bool IsDue(long now) => now >= _latest || (timeout != long.MaxValue && now - Since >= timeout);

    /// <summary>Answers may have been lost, with the directory: a request without a deadline of its own gets one.</summary>
    public void EndBy(long latest) => _latest = Math.Min(_latest, latest);

    /// <summary>Takes a part of an answer; whole answers count.</summary>
    public void Receive(Answer answer)
    {
        if (!_parts.TryGetValue(answer.From, out var parts))
        {
            _parts[answer.From] = parts = [];
        }
        Steps += 1 + parts.Count;
        if (parts.Exists(p => p.Part == answer.Part) || _answers.ContainsKey(answer.From))
        {
            return;
        }
        parts.Add(answer);
        if (parts.Find(p => p.Last) is not { } last || parts.Count != last.Part + 1)
        {
            return;
        }
        _answers.Add(answer.From, Assemble(answer.From, parts));
        _gone.Remove(answer.From); // it answered before it went
        _waitingFor?.Remove(answer.From);
        _parts.Remove(answer.From);
        Touch();
    }

    /// <summary>
    /// Ends the request if nobody is left to wait for, given the lives that are in the home. The list is empty while this server, fenced, has not
    /// registered anew: then nobody is known to be gone, and answers still come.
    /// </summary>
    /// <param name="list">The lives.</param>
    /// <param name="isNew">Whether the list has changed since this was called last.</param>
    public void Settle(IReadOnlySet<ServerId> list, bool isNew)
    {
        _isTouched = false;
        if (_waitingFor is null || HasEnded)
        {
            return;
        }
        if ((isNew || _mayBeGone) && list.Count > 0 && !onlyHere)
        {
            foreach (var server in _waitingFor)
            {
                Steps++;
                if (!list.Contains(server))
                {
                    _gone.Add(server);
                }
            }
            _waitingFor.ExceptWith(_gone);
        }
        _mayBeGone = false;
        if (_waitingFor.Count == 0)
        {
            End(Result([], isUnknown: false));
        }
    }

    public void Cancel(CancellationToken cancellationToken)
    {
        Owner?.Remove(this);
        _ended.TrySetCanceled(cancellationToken);
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
            End(RequestTimeoutException.NotStarted());
            return;
        }
        End(Result([.. _waitingFor ?? []], _waitingFor is null));
    }

    protected override void OnAccepted(IReadOnlyList<ServerId>? targets)
    {
        if (targets is not null)
        {
            // After a merge it may have been sent to others than before: who left meanwhile never gets it.
            _waitingFor = [.. targets]; // a merge may name one for what it held, and again for what it gets
            _waitingFor.ExceptWith(_answers.Keys);
            _waitingFor.ExceptWith(_gone);
            _mayBeGone = true;
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
        End(OperationException.For(failure, "a request"));
    }

    private void End(RequestResult result)
    {
        Owner?.Remove(this);
        _ended.TrySetResult(result);
    }

    private void End(Exception exception)
    {
        Owner?.Remove(this);
        _ended.TrySetException(exception);
    }

    private RequestResult Result(IReadOnlyList<ServerId> missing, bool isUnknown) => new([.. _answers.Values], [.. _gone], missing, isUnknown);

    private void Touch()
    {
        if (!_isTouched && Owner is not null)
        {
            _isTouched = true;
            Owner.Touch(this);
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
