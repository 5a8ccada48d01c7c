using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// A client's claim to its session, on its way through the home. It is granted when this server has both the home's answer, with what the client missed,
/// and the entry from whose number on the socket is here; with less, the socket is let go again.
/// </summary>
/// <param name="claim">What is asked.</param>
/// <param name="make">Makes the socket, in the turn; not called for who only looks.</param>
internal sealed class PendingClaim(SessionClaim claim, Func<SocketId, SocketSession, LocalSocket> make) : PendingOperation(Operation.Claim(claim))
{
    private readonly TaskCompletionSource<ClaimOutcome> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClaimAnswer? _answer;

    /// <summary>How it ended.</summary>
    public Task<ClaimOutcome> Task => _ended.Task;

    /// <summary>Whether it is over, for the one who asked.</summary>
    public bool IsOver => _ended.Task.IsCompleted;

    /// <summary>The socket, once it is here.</summary>
    public LocalSocket? Socket { get; private set; }

    /// <summary>The socket's session.</summary>
    public SocketSession? Session { get; private set; }

    /// <summary>The epoch in which the home answered.</summary>
    public long Epoch { get; private set; }

    /// <summary>What the client missed, as the home answered.</summary>
    public IReadOnlyList<Entry> Missed => _answer?.Missed ?? [];

    /// <summary>Asked before it is granted: whether the home that answered is still the one of this server.</summary>
    public Func<PendingClaim, bool>? IsCurrent { get; set; }

    /// <summary>Called when it is over: whether the socket stays here.</summary>
    public Action<PendingClaim, bool>? Over { get; set; }

    /// <summary>The entry has come: the socket is made, held by the claim that has this number.</summary>
    public LocalSocket Make(SocketId id, long number, ReadOnlyMemory<byte> data)
    {
        var session = new SocketSession(claim.Next ?? claim.Secret)
        {
            Claim = number,
            KnownFrom = long.MaxValue,
            GivenFrom = long.MaxValue,
            IsOpen = true,
            WasOpen = true,
            IsToldAll = false,
            Data = data.IsEmpty ? null : data.ToArray(),
        };
        Session = session;
        return Socket = make(id, session);
    }

    /// <summary>Ends it without having asked.</summary>
    public void Refuse(ClaimRefusal refusal) => _ended.TrySetResult(new ClaimOutcome(refusal, null, null, []));

    internal override void AnswerClaim(ClaimAnswer answer, long epoch)
    {
        (_answer, Epoch) = (answer, epoch);
        if (answer.Refusal != ClaimRefusal.None)
        {
            Refuse(answer.Refusal);
        }
        else if (claim.LooksOnly)
        {
            _ended.TrySetResult(new ClaimOutcome(ClaimRefusal.None, answer.Session, null, []));
        }
    }

    protected override void OnSucceeded()
    {
        if (_answer is { Refusal: ClaimRefusal.None } answer && Socket is { Session: { IsOpen: true } session } && IsCurrent?.Invoke(this) != false)
        {
            var last = answer.Missed.Count > 0 ? new OrderOffset(Epoch, answer.Missed[^1].Number) : claim.Offset;

            // A place behind the claim is one of an order before the session began, and said nothing: all that was for the session has been given.
            session.GivenFrom = claim.Offset.Number < session.Claim ? claim.Offset.Number : 0;
            session.KnownFrom = answer.Missed.Count > 0 ? last.Number : session.GivenFrom;
            if (session.LastSent.IsNone)
            {
                session.LastSent = last;
            }
            _ended.TrySetResult(new ClaimOutcome(ClaimRefusal.None, answer.Session, Socket, answer.Missed) { Epoch = Epoch });
            Over?.Invoke(this, true);
        }
        else
        {
            // A home that died before it had answered, or with what it had answered, says nothing of the session: the next one is asked again. Not where the
            // socket was here: a later claim may have it, and is not to lose it to this one.
            End(Socket is null ? ClaimRefusal.NotYet : ClaimRefusal.Unknown);
        }
    }

    protected override void OnFailed(OperationFailure failure) => End(ClaimRefusal.Unknown);

    private void End(ClaimRefusal refusal)
    {
        Refuse(refusal);
        Over?.Invoke(this, false);
    }
}

/// <summary>How a claim ended.</summary>
/// <param name="Refusal">Why the client does not get its session; none where it does.</param>
/// <param name="Session">The session.</param>
/// <param name="Socket">The socket, which is in its rooms; null for who only looked.</param>
/// <param name="Missed">What the client missed, in order.</param>
internal sealed record ClaimOutcome(ClaimRefusal Refusal, SessionMoved? Session, LocalSocket? Socket, IReadOnlyList<Entry> Missed)
{
    /// <summary>The epoch whose numbers <see cref="Missed"/> has.</summary>
    public long Epoch { get; init; }
}
