using OrleansAdapter.Requests;

namespace OrleansAdapter.Tests.Replication;

/// <summary>A server's half of the way that answers take.</summary>
public sealed class AnswerExchangeTests
{
    private readonly ServerId _self = ServerId.NewProcess();
    private readonly List<ServerMessage> _sent = [];
    private readonly List<int> _taken = [];
    private readonly AnswerExchange _exchange;
    private int _losses;

    public AnswerExchangeTests() =>
        _exchange = new AnswerExchange(
            _self,
            () => new ServerDescription(_self, "self", DateTimeOffset.UnixEpoch, 0),
            7_000,
            _sent.Add,
            answer => _taken.Add((int)answer.Request),
            () => _losses++);

    [Fact]
    public void Each_answer_is_taken_once_and_acknowledged()
    {
        Receive(1, 0, 10, 11);
        Receive(1, 0, 10, 11, 12);
        Receive(1, 3, 13);

        Assert.Equal([10, 11, 12, 13], _taken);
        Assert.Equal([2, 3, 4], _sent.Cast<AcknowledgeAnswers>().Select(acknowledge => acknowledge.Handled));
        Assert.Equal(0, _losses);
    }

    /// <summary>
    /// It once asked the directory for what it had acknowledged and forgotten, which the directory had forgotten, too; and so on, as fast as messages
    /// travel.
    /// </summary>
    [Fact]
    public void A_session_that_comes_back_late_stops_nothing()
    {
        Receive(1, 0, 10, 11);
        Receive(2, 0, 20);
        Receive(1, 0);
        Receive(1, 2, 12);

        Assert.Equal([10, 11, 20, 12], _taken);
        Assert.Equal((1, 3), _sent.OfType<AcknowledgeAnswers>().Select(acknowledge => (acknowledge.Session, acknowledge.Handled)).Last());
        Assert.DoesNotContain(_sent, message => message is Describe);
    }

    [Fact]
    public void Another_session_means_that_answers_may_be_lost_and_the_first_one_does_not()
    {
        Receive(1, 0);
        Assert.Equal(0, _losses);
        Receive(2, 0);
        Assert.Equal(1, _losses);
    }

    [Fact]
    public void What_it_answered_is_sent_again_when_the_directory_is_back_with_who_it_is_before()
    {
        var answer = new Answer(ServerId.NewProcess(), _self, 1, 0, true, null, default);
        _exchange.Send(answer, 0);
        _exchange.Connected(1_000);
        _exchange.Connected(100_000); // too long ago

        Assert.Equal([typeof(Answer), typeof(Describe), typeof(Answer), typeof(Describe)], _sent.Select(message => message.GetType()));
        Assert.Equal(7_000, ((Describe)_sent[^1]).Lease);
    }

    [Fact]
    public void While_requests_wait_and_nothing_comes_the_directory_is_asked_now_and_then()
    {
        _exchange.Check(waiting: false, 10_000);
        _exchange.Check(waiting: true, 10_000 + AnswerExchange.Silence - 1);
        Assert.Empty(_sent);

        _exchange.Check(waiting: true, 10_000 + AnswerExchange.Silence);
        _exchange.Check(waiting: true, 10_001 + AnswerExchange.Silence);
        Assert.IsType<Describe>(Assert.Single(_sent));

        _exchange.Check(waiting: true, 10_000 + (2 * AnswerExchange.Silence));
        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public void What_comes_shows_that_nothing_is_lost()
    {
        _exchange.Check(waiting: false, 0);
        _exchange.Receive(new Answers(1, 0, []), AnswerExchange.Silence);
        _exchange.Check(waiting: true, AnswerExchange.Silence + 1);

        Assert.DoesNotContain(_sent, message => message is Describe);
    }

    private void Receive(long session, long previous, params int[] requests) =>
        _exchange.Receive(new Answers(session, previous, [.. requests.Select(request => new Answer(_self, _self, request, 0, true, null, default))]), 0);
}
