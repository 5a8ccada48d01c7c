using System.Runtime.Versioning;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.EndToEnd.Front;

/// <summary>Which worker gets a connection.</summary>
[SupportedOSPlatform("linux")]
public sealed class RoutingTests
{
    private static readonly ServerId Server = ServerId.NewProcess();
    private static readonly string Sid = SocketId.New(Server).ToString();

    [Theory]
    [InlineData("GET /socket.io/?EIO=4&transport=polling&sid=SID HTTP/1.1\r\n", true)]
    [InlineData("POST /socket.io/?sid=SID&EIO=4 HTTP/1.1\r\nHost: x", true)]
    [InlineData("GET /hub?id=LIFE.token HTTP/1.1\r\n", true)]
    [InlineData("GET /hub?id=SID HTTP/1.1\r\n", true)]
    [InlineData("GET /?id=7&sid=SID HTTP/1.1\r\n", true)]
    [InlineData("GET /?sid=SID\r\n", true)]
    [InlineData("GET /sid=SID HTTP/1.1\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nReferer: http://x/?sid=SID\r\nCookie: sid=SID\r\n", false)]
    [InlineData("GET /?xsid=SID HTTP/1.1\r\n", false)]
    [InlineData("GET /?sid= HTTP/1.1\r\n", false)]
    [InlineData("GET /?sid=AAAAAAAA HTTP/1.1\r\n", false)]
    [InlineData("GET /?sid=!!!!!!!!!!! HTTP/1.1\r\n", false)]
    [InlineData("GET /?sid=grü&id=房间房间房间 HTTP/1.1\r\n", false)]
    [InlineData("GET ?&&=&? HTTP/1.1\r\n", false)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false)]
    public void The_server_is_read_from_the_query_of_the_first_line_and_from_nothing_else(string text, bool found)
    {
        var bytes = Encoding.UTF8.GetBytes(
            text.Replace("SID", Sid, StringComparison.Ordinal).Replace("LIFE", Server.NextIncarnation().ToString(), StringComparison.Ordinal));

        Assert.Equal(FirstBytes.Http, RequestLine.Read(bytes, out var server));
        Assert.Equal(found ? Server.Process : default, server);

        // However much of it has come: nothing is said too early, and never another server.
        for (var length = 0; length < bytes.Length; length++)
        {
            var kind = RequestLine.Read(bytes.AsSpan(0, length), out var early);
            Assert.True(kind == FirstBytes.Incomplete ? early.IsNone : kind == FirstBytes.Http && early == server);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_session_goes_to_its_worker_however_many_connections_that_has()
    {
        await using var front = new TestFront();
        using var one = await front.AddAsync(slot: 1);
        using var other = await front.AddAsync(slot: 2);

        for (var i = 0; i < 5; i++)
        {
            using var client = await RawClient.SayAsync(front.Ports[0], $"GET /?sid={SocketId.New(other.Worker.Server.NextIncarnation())} HTTP/1.1\r\n\r\n");
            (await other.NextAsync()).Dispose();
        }
        using var free = await RawClient.SayAsync(front.Ports[0], "GET / HTTP/1.1\r\n\r\n");
        (await one.NextAsync()).Dispose();

        // Nobody has such a worker: any will say so.
        using var lost = await RawClient.SayAsync(front.Ports[0], $"GET /?sid={Sid} HTTP/1.1\r\n\r\n");
        (await one.NextAsync()).Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_port_that_is_pinned_leads_to_its_slot_whatever_the_session()
    {
        await using var front = new TestFront();
        using var one = await front.AddAsync(slot: 1);

        using var pinned = await RawClient.SayAsync(front.Ports[2], $"GET /?sid={SocketId.New(one.Worker.Server.NextIncarnation())} HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", await pinned.ToEndAsync());

        using var two = await front.AddAsync(slot: 2);
        using var again = await RawClient.SayAsync(front.Ports[2], $"GET /?sid={SocketId.New(one.Worker.Server.NextIncarnation())} HTTP/1.1\r\n\r\n");
        (await two.NextAsync()).Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task TLS_goes_to_workers_that_have_a_certificate()
    {
        await using var front = new TestFront();
        using var plain = await front.AddAsync(slot: 1);
        using var secure = await front.AddAsync(slot: 2, secure: true);

        for (var i = 0; i < 3; i++)
        {
            using var client = await RawClient.SayAsync(front.Ports[0], "\u0016\u0003\u0001");
            (await secure.NextAsync(secure: true)).Dispose();
        }
        using var http = await RawClient.SayAsync(front.Ports[0], "GET / HTTP/1.1\r\n\r\n");
        (await plain.NextAsync()).Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_that_leaves_gets_no_connection_unless_nobody_else_could_serve_its_session()
    {
        await using var front = new TestFront();
        using var leaves = await front.AddAsync(slot: 1);
        using var stays = await front.AddAsync(slot: 2);
        leaves.Link.SayDraining();
        await OperatingSystemProcesses.UntilAsync(() => front.Front.Workers.Look(leaves.Worker).State == FrontState.Leaving, "the worker to leave");
        var session = $"GET /?sid={SocketId.New(leaves.Worker.Server.NextIncarnation())} HTTP/1.1\r\n\r\n";

        using var client = await RawClient.SayAsync(front.Ports[0], session);
        (await stays.NextAsync()).Dispose();

        front.Front.Workers.Leave(stays.Worker);
        using var last = await RawClient.SayAsync(front.Ports[0], session);
        (await leaves.NextAsync()).Dispose();
        using var fresh = await RawClient.SayAsync(front.Ports[0], "GET / HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", await fresh.ToEndAsync());
    }

    [Fact]
    public void Least_connection_takes_the_emptiest_and_turns_among_equals()
    {
        var table = new WorkerTable(BalancePolicy.LeastConnection, new Random(1));
        var workers = Add(table, 3);

        for (var round = 0; round < 10; round++)
        {
            Assert.Equal(workers, Choose(table, 3).Distinct().OrderBy(worker => worker.Slot));
        }
        table.SetEnded(workers[1], 4);
        Assert.All(Choose(table, 4), worker => Assert.Same(workers[1], worker));
        Assert.Equal([10, 10, 10], workers.Select(worker => worker.Connections));
    }

    [Fact]
    public void Round_robin_takes_each_in_turn_whatever_it_has()
    {
        var table = new WorkerTable(BalancePolicy.RoundRobin, new Random(1));
        var workers = Add(table, 3);
        table.SetEnded(workers[0], 0);

        Assert.Equal([1, 2, 3, 1, 2, 3], Choose(table, 6).Select(worker => worker.Slot));
    }

    [Fact]
    public void Random_takes_all_of_them_sometimes()
    {
        var table = new WorkerTable(BalancePolicy.Random, new Random(1));
        Add(table, 3);

        Assert.Equal(3, Choose(table, 100).Distinct().Count());
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void A_worker_that_is_lost_is_replaced_unless_it_ends_by_itself_and_one_that_hangs_always_is(bool leaves, bool hangs, bool isReplaced)
    {
        var table = new WorkerTable(BalancePolicy.LeastConnection, new Random(1));
        var worker = Assert.Single(Add(table, 1));
        if (leaves)
        {
            table.Leave(worker);
        }
        table.Lose(worker, "on purpose", hangs);

        Assert.Equal(isReplaced, worker.Lost.IsCompleted);
        Assert.Null(table.Choose(0, worker.Server, secure: false, out var why));
        Assert.Equal(NoWorker.Unavailable, why);
    }

    private static FrontWorker[] Add(WorkerTable table, int count) => [.. Enumerable.Range(1, count).Select(slot =>
    {
        var worker = table.Expect(slot, ServerId.NewProcess());
        Assert.Same(worker, table.Connect(worker.Server, 1000, secure: false));
        return worker;
    })];

    private static FrontWorker[] Choose(WorkerTable table, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => table.Choose(0, default, secure: false, out var _)!)];
}
