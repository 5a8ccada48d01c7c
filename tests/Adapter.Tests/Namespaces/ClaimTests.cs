using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>A server's half of a claim (PROTOCOL.md, S4 and S6): the rest of sessions is tested with the home, and in the simulation.</summary>
public sealed class ClaimTests : INamespaceOutput
{
    private const long ClaimNumber = 6;

    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);
    private static readonly SocketId Socket = SocketId.FromParts(Other, 7);
    private static readonly Entry Missed = new(5, Other, 3, 3, Emit());

    private readonly List<WorkerMessage> _sent = [];
    private readonly NamespaceState _state;
    private readonly PendingClaim _claim;
    private readonly TestSocket _socket = new(Socket);

    public ClaimTests()
    {
        _state = new NamespaceState(new ReplicaOptions(), this, Life);
        _state.UseRecovery(new RecoverySettings(1_000, 1_000, 1_000, 10), 0);
        _state.Start(0);
        Register(epoch: 1);
        _claim = new PendingClaim(new SessionClaim(new SecretHash(1, 2), "", default, LooksOnly: false), (_, _) => _socket);
        _state.Claim(_claim, 0);
        _state.EndTurn(0);
    }

    [Fact]
    public async Task It_is_granted_when_both_the_answer_and_the_entry_are_here()
    {
        Answer();
        Assert.False(_claim.IsOver);
        Move(epoch: 1);

        var outcome = await _claim.Task;
        Assert.Equal((ClaimRefusal.None, 1), (outcome.Refusal, outcome.Epoch));
        Assert.Equal([Missed], outcome.Missed);
        Assert.Same(_socket, outcome.Socket);
    }

    [Fact]
    public void What_it_was_given_counts_as_seen_also_where_it_is_stable_and_nobody_retains_it()
    {
        Answer();
        Move(epoch: 1);

        _state.Receive(new WrongEpoch { Life = Life, Epoch = 2 }, 0);

        var history = _sent.OfType<Register>().Last().History!;
        Assert.DoesNotContain(history.Retained, entry => entry.Number == Missed.Number);
        Assert.Contains(new SeenPosition(Other, Missed.Position), history.Seen);
    }

    /// <summary>A client that was refused, and has received nothing since, still names the place that it had in an order before. It says nothing.</summary>
    [Theory]
    [InlineData(3, 3, 3)]
    [InlineData(1_000_000, 0, 0)]
    public void What_is_known_of_a_claimers_socket_begins_where_its_client_was_or_with_the_session(long offset, long given, long knownWithoutMissed)
    {
        foreach (Entry[] missed in new Entry[][] { [], [Missed] })
        {
            var socket = new TestSocket(Socket);
            var claim = new PendingClaim(
                new SessionClaim(new SecretHash(1, 2), "", new OrderOffset(9, offset), LooksOnly: false),
                (_, session) =>
                {
                    socket.Session = session;
                    return socket;
                });
            claim.Make(Socket, ClaimNumber, default);
            claim.AnswerClaim(new ClaimAnswer(1, ClaimRefusal.None, new SessionMoved(Socket, [], default), missed), epoch: 1);
            claim.Answer(ClaimNumber, 1, OperationOutcome.Accepted, null);
            claim.Succeed();

            Assert.Equal((given, missed.Length > 0 ? Missed.Number : knownWithoutMissed), (socket.Session!.GivenFrom, socket.Session.KnownFrom));
        }
    }

    [Fact]
    public async Task What_one_home_answered_is_not_granted_under_the_next_one()
    {
        Answer();
        Register(epoch: 2);
        Move(epoch: 2);

        Assert.Equal(ClaimRefusal.NotYet, (await _claim.Task).Refusal);
        Assert.Empty(_state.Sockets.All);
    }

    /// <summary>Its claim is merged without an answer: the session may be known, and the client asks again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_home_did_not_answer_or_answered_and_took_with_it_is_asked_of_the_next_one(bool hasAnswered)
    {
        if (hasAnswered)
        {
            Answer();
        }
        Register(epoch: 2);
        var head = new Head(ClaimNumber, ClaimNumber, 0, 1, null);
        _state.Receive(new Push { Life = Life, Epoch = 2, Session = 2, Previous = 0, Entries = [], Head = head }, 0);

        Assert.Equal(ClaimRefusal.NotYet, (await _claim.Task).Refusal);
    }

    [Fact]
    public async Task Where_the_answer_does_not_come_the_socket_that_was_made_is_given_up_and_the_session_waits_for_another_claim()
    {
        Move(epoch: 1);
        Assert.Same(_socket, Assert.Single(_state.Sockets.All));

        _state.Tick(new ReplicaOptions().OperationTimeout + 1);

        Assert.Equal(ClaimRefusal.Unknown, (await _claim.Task).Refusal);
        Assert.Empty(_state.Sockets.All);
        Assert.Equal(["given up"], _socket.Events);
        Assert.False(_socket.Session!.IsOver);
    }

    [Fact]
    public async Task Where_its_entry_does_not_come_it_is_refused_in_time_and_the_session_waits_for_another_claim()
    {
        Answer();
        _state.Tick(new ReplicaOptions().OperationTimeout + 1);

        Assert.True(_claim.IsOver);
        Assert.Equal(ClaimRefusal.Unknown, (await _claim.Task).Refusal);
        Assert.Equal(0, _state.ClaimCount);
        Move(epoch: 1);
        _state.EndTurn(0);
        Assert.Empty(_state.Sockets.All);
        Assert.Contains(_sent.OfType<Submit>().Last().Operations, operation => operation.Word is SessionAway { Socket: var socket } && socket == Socket);
    }

    void INamespaceOutput.Send(WorkerMessage message) => _sent.Add(message);

    void INamespaceOutput.HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets)
    {
    }

    void INamespaceOutput.ListChanged(IReadOnlyList<ServerId> list)
    {
    }

    void INamespaceOutput.Fenced(ServerId ended, int sockets)
    {
    }

    void INamespaceOutput.Unreadable(Entry entry, Exception exception) => throw exception;

    void INamespaceOutput.SocketFailed(SocketId socket, Exception exception) => throw exception;

    private static Operation Emit() => Operation.Emit(BroadcastTarget.All, PacketCodec.Encode("said", "[]"u8, [], []));

    private void Register(long epoch)
    {
        _state.Receive(new WrongEpoch { Life = Life, Epoch = epoch }, 0);
        _state.Receive(
            new Registered
            {
                Life = Life,
                Epoch = epoch,
                Session = epoch,
                From = 0,
                LastPosition = epoch - 1,
                Results = epoch == 1 ? [] : [new OperationResult(1, ClaimNumber, 1, OperationOutcome.Accepted, null)],
                KeepsSessions = true,
                Head = new Head(0, 0, 0, 1, [Life, Other]),
            },
            0);
    }

    private void Answer() => _state.Receive(
        new Accepted
        {
            Life = Life,
            Epoch = 1,
            Session = 1,
            First = 1,
            FirstNumber = ClaimNumber,
            Count = 1,
            Targets = [],
            Claims = [new ClaimAnswer(1, ClaimRefusal.None, new SessionMoved(Socket, [Room.Everyone], default), [Missed])],
            Head = new Head(Missed.Number, ClaimNumber, ClaimNumber, 1, null),
        },
        0);

    private void Move(long epoch)
    {
        var moved = Operation.Moved(BroadcastTarget.All, new SessionMoved(Socket, [Room.Everyone], default));
        var entry = new Entry(ClaimNumber, Life, 1, 1, moved);
        _state.Receive(
            new Push
            {
                Life = Life,
                Epoch = epoch,
                Session = epoch,
                Previous = 0,
                Entries = [entry],
                Head = new Head(Missed.Number, ClaimNumber, ClaimNumber, 1, null)
            },
            0);
    }
}
