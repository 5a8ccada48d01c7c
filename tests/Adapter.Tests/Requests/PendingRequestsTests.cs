using OrleansAdapter.Requests;

namespace OrleansAdapter.Tests.Requests;

/// <summary>Requests to many servers: when they end, and what an answer costs.</summary>
public sealed class PendingRequestsTests
{
    private const int Servers = 1_000;

    private static readonly ServerId Self = ServerId.FromBits(0x1001);

    private readonly ServerId[] _servers = [.. Enumerable.Range(1, Servers).Select(i => ServerId.FromBits(((ulong)i << 12) | 1))];
    private readonly PendingRequests _requests = new(_ => { });

    [Fact]
    public async Task An_answer_of_one_of_a_thousand_servers_takes_a_few_steps()
    {
        var request = Ask(_servers);
        var after = request.Steps;
        foreach (var server in _servers)
        {
            Assert.False(request.HasEnded);
            Answer(server);
            _requests.EndTurn(_servers);
        }

        Assert.True(request.HasEnded);
        Assert.Equal(Servers, (await request.Task).Answers.Count);
        Assert.InRange(request.Steps - after, Servers, 3 * Servers);
        Assert.Equal(0, _requests.Count);
    }

    [Fact]
    public async Task It_ends_when_those_that_are_left_have_gone()
    {
        var request = Ask(_servers);
        Array.ForEach(_servers[10..], Answer);
        _requests.EndTurn(_servers);
        Assert.False(request.HasEnded);
        _requests.EndTurn(_servers[5..]);
        Assert.False(request.HasEnded);
        Array.ForEach(_servers[5..10], Answer);
        _requests.EndTurn(_servers[5..]);

        var result = await request.Task;
        Assert.Equal(_servers[..5], result.Gone.Order());
        Assert.Equal(Servers - 5, result.Answers.Count);
        Assert.Empty(result.Missing);
    }

    [Fact]
    public async Task Who_is_gone_when_it_is_known_whom_the_request_went_to_is_not_waited_for()
    {
        _requests.EndTurn(_servers[1..]);
        var request = Ask(_servers[..3], known: _servers[1..]);
        Answer(_servers[1]);
        Answer(_servers[2]);
        _requests.EndTurn(_servers[1..]);
        Assert.Equal([_servers[0]], (await request.Task).Gone);
    }

    [Fact]
    public async Task Nobody_counts_as_gone_while_the_list_is_empty()
    {
        var request = Ask(_servers[..2], known: []);
        Answer(_servers[0]);
        _requests.EndTurn([]);
        Assert.False(request.HasEnded);
        _requests.EndTurn(_servers[1..]);
        Assert.False(request.HasEnded);
        Answer(_servers[1]);
        _requests.EndTurn(_servers[1..]);
        Assert.Empty((await request.Task).Gone);
    }

    [Fact]
    public async Task Who_answered_before_it_went_is_not_gone_and_who_is_named_again_is_not_asked_again()
    {
        var request = Ask(_servers[..2]);
        _requests.EndTurn(_servers[1..]);
        Answer(_servers[0]);
        request.Answer(2, 1, OperationOutcome.Accepted, [_servers[0], _servers[0], _servers[1], _servers[2]]);
        Answer(_servers[1]);
        _requests.EndTurn(_servers[1..]);
        Assert.False(request.HasEnded);
        _requests.Tick(1_000, started: true);
        _requests.EndTurn(_servers[1..]);

        var result = await request.Task;
        Assert.Equal(_servers[..2], result.Answers.Select(answer => answer.Server));
        Assert.Empty(result.Gone);
        Assert.Equal([_servers[2]], result.Missing);
    }

    [Theory]
    [InlineData("answer")]
    [InlineData("deadline")]
    [InlineData("cancellation")]
    [InlineData("stop")]
    public void Who_waits_for_a_request_that_ends_finds_it_gone(string end)
    {
        PendingRequest? request = null;
        List<bool> hadEnded = [];
        var requests = new PendingRequests(_ => hadEnded.Add(request!.HasEnded));
        request = Ask(_servers[..1], requests: requests);

        switch (end)
        {
            case "answer":
                requests.Receive(new Answer(Self, _servers[0], 7, 0, true, null, default));
                break;
            case "deadline":
                requests.Tick(1_000, started: true);
                break;
            case "cancellation":
                requests.Cancel(7, new CancellationToken(canceled: true));
                break;
            default:
                requests.Stop();
                break;
        }
        requests.EndTurn(_servers);

        Assert.True(request.HasEnded);
        Assert.Equal([false], hadEnded);
        Assert.Equal(0, requests.Count);
    }

    private PendingRequest Ask(ServerId[] targets, ServerId[]? known = null, PendingRequests? requests = null)
    {
        var request = new PendingRequest(Operation.Request(BroadcastTarget.All, new byte[10]), 7, 1_000, onlyHere: false, _ => { });
        requests ??= _requests;
        requests.Add(request);
        request.Answer(1, 1, OperationOutcome.Accepted, targets);
        requests.EndTurn(known ?? _servers);
        return request;
    }

    private void Answer(ServerId server) => _requests.Receive(new Answer(Self, server, 7, 0, true, null, default));
}
