using System.Runtime.Versioning;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.EndToEnd.Front;

/// <summary>What comes to a front before it has a worker.</summary>
[SupportedOSPlatform("linux")]
public sealed class ArrivalTests
{
    private const string Request = "GET / HTTP/1.1\r\n\r\n";

    [Fact(Timeout = 120_000)]
    public async Task A_worker_gets_a_connection_with_all_that_its_client_has_said()
    {
        await using var front = new TestFront();
        using var worker = await front.AddAsync();
        using var client = await RawClient.ConnectAsync(front.Ports[0]);

        await client.DripAsync(Encoding.ASCII.GetBytes(Request));

        using var connection = await worker.NextAsync();
        var text = "";
        var buffer = new byte[100];
        while (text != Request)
        {
            text += Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
        }
        await connection.SendAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("hello", await client.UntilAsync("hello"));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData("GE")]
    [InlineData("GET /never-ending")]
    public async Task A_client_that_does_not_say_what_it_wants_in_time_is_closed(string said)
    {
        await using var front = new TestFront(new FrontLimits { Arrival = TimeSpan.FromSeconds(1) });
        using var worker = await front.AddAsync();
        using var client = await RawClient.SayAsync(front.Ports[0], said);

        Assert.Equal("", await client.ToEndAsync());
        Assert.True(worker.IsEmpty);
        Assert.Equal(0, front.Arriving);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("get / HTTP/1.1\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    [InlineData("\0\0\0\0")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    [InlineData("\u0016\u0003\u0001")]
    public async Task What_is_neither_HTTP_nor_TLS_that_somebody_takes_is_closed(string said)
    {
        await using var front = new TestFront();
        using var worker = await front.AddAsync();
        using var client = await RawClient.SayAsync(front.Ports[0], said);

        Assert.Equal("", await client.ToEndAsync());
        Assert.True(worker.IsEmpty);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_request_line_that_is_too_long_is_left_to_a_worker()
    {
        await using var front = new TestFront();
        using var worker = await front.AddAsync();
        using var client = await RawClient.SayAsync(front.Ports[0], "GET /" + new string('x', RequestLine.Longest));

        using var connection = await worker.NextAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Beyond_the_limit_the_one_that_has_been_silent_longest_goes_and_who_speaks_is_served()
    {
        await using var front = new TestFront(new FrontLimits { Arrivals = 10, Arrival = TimeSpan.FromMinutes(10) });
        using var worker = await front.AddAsync();
        List<RawClient> silent = [];
        for (var i = 0; i < 10; i++)
        {
            silent.Add(await RawClient.SayAsync(front.Ports[0], "GET "));
            await front.UntilArrivingAsync(i + 1);
        }

        using var last = await RawClient.SayAsync(front.Ports[0], "GET ");
        Assert.Equal("", await silent[0].ToEndAsync());
        await front.UntilArrivingAsync(10); // the first goes before the last is counted
        using var speaks = await RawClient.SayAsync(front.Ports[0], Request);
        using var served = await worker.NextAsync();
        await silent[5].SendAsync("/ HTTP/1.1\r\n");
        using var also = await worker.NextAsync();
        await front.UntilArrivingAsync(9);
        silent.ForEach(client => client.Dispose());
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_worker_the_answer_is_503_with_Retry_After_also_to_a_request_with_a_body()
    {
        await using var front = new TestFront();
        foreach (var request in new[] { Request, "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + new string('x', 100_000) })
        {
            using var client = await RawClient.SayAsync(front.Ports[0], request);

            var answer = await client.ToEndAsync();

            Assert.StartsWith("HTTP/1.1 503 ", answer);
            Assert.Contains("\r\nRetry-After: 1\r\n", answer);
            Assert.EndsWith("\r\n\r\nNo worker is ready yet.\n", answer);
        }
        await front.UntilArrivingAsync(0);
    }

    [Fact(Timeout = 120_000)]
    public async Task Workers_at_their_capacity_get_no_more_and_get_the_next_when_one_has_ended()
    {
        await using var front = new TestFront();
        using var worker = await front.AddAsync(capacity: 2);
        using var one = await RawClient.SayAsync(front.Ports[0], Request);
        using var two = await RawClient.SayAsync(front.Ports[0], Request);
        await front.UntilConnectionsAsync(worker.Worker, 2);

        using var refused = await RawClient.SayAsync(front.Ports[0], Request);
        Assert.StartsWith("HTTP/1.1 503 ", await refused.ToEndAsync());

        using var first = await worker.NextAsync();
        worker.Link.Ended();
        await front.UntilConnectionsAsync(worker.Worker, 1);
        using var three = await RawClient.SayAsync(front.Ports[0], Request);
        using var second = await worker.NextAsync();
        using var third = await worker.NextAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_that_takes_nothing_is_given_up_and_until_then_others_get_what_it_has_no_room_for()
    {
        await using var front = new TestFront(new FrontLimits { HungAfter = TimeSpan.FromSeconds(3) });
        var (deaf, link) = await front.AddDeafAsync();
        using (link)
        {
            // Far more than its link can hold.
            List<RawClient> clients = [];
            for (var i = 0; i < 1000; i++)
            {
                clients.Add(await RawClient.SayAsync(front.Ports[0], Request));
            }
            await OperatingSystemProcesses.UntilAsync(() => front.Arriving > 0, "connections that wait for it");
            using var worker = await front.AddAsync(slot: 2);
            await front.UntilArrivingAsync(0);
            await OperatingSystemProcesses.UntilAsync(() => front.Front.Workers.HandOvers == 1000, "all to have a worker");
            var (left, _) = front.Front.Workers.Look(deaf);
            Assert.InRange(left, 1, 999);
            await front.UntilConnectionsAsync(worker.Worker, 1000 - left);

            Assert.Contains("hangs", await deaf.Lost.WaitAsync(TestContext.Current.CancellationToken));
            Assert.False(worker.Worker.Lost.IsCompleted);

            // What it had was in its link, and goes with that, as when it is killed.
            link.Dispose();
            await Task.WhenAll(clients.Take((int)left).Select(client => client.ToEndAsync()));
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_link_with_the_wrong_secret_or_of_nobody_who_is_expected_is_closed()
    {
        await using var front = new TestFront();
        var worker = front.Front.Workers.Expect(1, ServerId.NewProcess());
        var options = front.Options(worker, secure: false);
        FrontHello right = new(worker.Server, options.Secret, Secure: false, Capacity: 1);
        foreach (var wrong in new[] { right with { Secret = "wrong" }, right with { Server = ServerId.NewProcess().Process } })
        {
            using var link = TestFront.Open(options.SocketPath);
            TestFront.Say(link, wrong);
            Assert.Equal(0, link.Receive(new byte[1]));
        }
        using var nonsense = TestFront.Open(options.SocketPath);
        nonsense.Send("nonsense"u8);
        Assert.Equal(0, nonsense.Receive(new byte[1]));
        Assert.False(worker.Connected.IsCompleted);

        using var known = TestFront.Open(options.SocketPath);
        TestFront.Say(known, right);
        await worker.Connected.WaitAsync(TestContext.Current.CancellationToken);
        using var twice = TestFront.Open(options.SocketPath);
        TestFront.Say(twice, right);
        Assert.Equal(0, twice.Receive(new byte[1]));
        known.Send("nonsense"u8);
        Assert.NotEmpty(await worker.Lost.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task Connections_that_were_on_their_way_when_a_worker_wants_no_more_still_arrive()
    {
        await using var front = new TestFront();
        using var worker = await front.AddAsync();
        List<RawClient> clients = [];
        var leaving = Task.CompletedTask;
        for (var i = 0; i < 50; i++)
        {
            clients.Add(await RawClient.SayAsync(front.Ports[0], Request));
            leaving = i == 25 ? worker.Link.LeaveAsync() : leaving;
        }
        await leaving;
        await front.UntilArrivingAsync(0);

        var (connections, state) = front.Front.Workers.Look(worker.Worker);
        Assert.Equal(FrontState.Gone, state);
        for (var i = 0; i < connections; i++)
        {
            (await worker.NextAsync()).Dispose();
        }
        Assert.True(worker.Link.Connections(secure: false).Completion.IsCompleted);
        clients.ForEach(client => client.Dispose());
        worker.Dispose();
        Assert.False(worker.Worker.Lost.IsCompleted);
    }
}
