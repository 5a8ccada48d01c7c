namespace OrleansAdapter.Requests;

/// <summary>The requests of one namespace that have not ended. Owned by the namespace's turn.</summary>
/// <param name="ended">Told of each that ends, before who waits for it is.</param>
/// <param name="afterLoss">
/// How long answers may still come after some may have been lost: those who gave them give them again, where they can tell. In milliseconds.
/// </param>
internal sealed class PendingRequests(Action<long> ended, long afterLoss = 60_000)
{
    private readonly Dictionary<long, PendingRequest> _pending = [];
    private readonly List<PendingRequest> _touched = [];
    private IReadOnlyList<ServerId>? _list;

    /// <summary>The same as a set, made where a request needs it: the list may change often, with nobody asking.</summary>
    private HashSet<ServerId>? _lives;

    public int Count => _pending.Count;

    public void Add(PendingRequest request)
    {
        _pending.Add(request.Id, request);
        request.Owner = this;
    }

    /// <summary>Something of a request has changed: it is looked at when the turn ends.</summary>
    public void Touch(PendingRequest request) => _touched.Add(request);

    /// <summary>A request is about to end: who waits for it finds it gone, and room for the next. It may be called while all are gone through.</summary>
    public void Remove(PendingRequest request)
    {
        if (_pending.Remove(request.Id))
        {
            ended(request.Id);
        }
    }

    public void Receive(Answer answer)
    {
        if (_pending.TryGetValue(answer.Request, out var request))
        {
            request.Receive(answer);
        }
    }

    public void Cancel(long id, CancellationToken cancellationToken)
    {
        if (_pending.TryGetValue(id, out var request))
        {
            request.Cancel(cancellationToken);
        }
    }

    /// <summary>Answers may have been lost, with the directory, or because it took this server for dead: nobody waits for ever.</summary>
    public void AnswersLost(long now)
    {
        foreach (var request in _pending.Values)
        {
            request.EndBy(now + afterLoss);
        }
    }

    /// <summary>This server stops: nobody waits any more.</summary>
    public void Stop()
    {
        foreach (var request in _pending.Values)
        {
            request.Stop();
        }
    }

    public void Tick(long now, bool started)
    {
        foreach (var request in _pending.Values)
        {
            if (request.IsDue(now))
            {
                request.Expire(started);
            }
        }
    }

    /// <summary>
    /// Ends what can end: looks at what has changed in the turn, and at everything where the list has. Called behind each turn, when the list is at least
    /// as new as any word on where a request went: a target that is not in it is gone.
    /// </summary>
    public void EndTurn(IReadOnlyList<ServerId> list)
    {
        if (!ReferenceEquals(_list, list))
        {
            (_list, _lives) = (list, null);
            foreach (var request in _pending.Values.ToArray())
            {
                request.Settle(Lives(), isNew: true);
            }
        }
        foreach (var request in _touched)
        {
            request.Settle(Lives(), isNew: false);
        }
        _touched.Clear();
    }

    private HashSet<ServerId> Lives() => _lives ??= [.. _list!];
}
