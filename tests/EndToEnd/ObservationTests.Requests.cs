using System.Net.WebSockets;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <content>Traces of what servers ask each other, and of requests that come to the wrong worker.</content>
public sealed partial class ObservationTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("fetch", "FetchSockets", """["fetch","asked"]""", "worker-1", "worker-2")]
    [InlineData("reports", "ServerSideEmit", """["reports"]""", "worker-2")]
    public async Task A_request_and_every_workers_answer_are_one_trace(string @event, string what, string message, params string[] answering)
    {
        using var first = await EnterAsync(1, "asked");
        using var second = await EnterAsync(2, "asked");

        await first.SendAsync("425" + message);
        Assert.True(await first.ReceivesAsync("435["));

        await FollowRequestAsync(await shared.Collector.Spans.FirstAsync(IsEvent(@event), $"the activity of {@event}"), what, answering);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_request_of_a_hubs_method_and_every_workers_answer_are_one_trace()
    {
        using var other = await EnterAsync(2, "asked-by-a-hub");
        using var hub = new ClientWebSocket();
        await hub.ConnectAsync(new Uri(shared.Cluster.Url(1).Replace("http", "ws", StringComparison.Ordinal) + "/hub"), Cancellation);
        await SayAsync(hub, """{"protocol":"json","version":1}""");
        await SayAsync(hub, """{"type":1,"invocationId":"1","target":"fetch","arguments":["asked-by-a-hub"]}""");

        await FollowRequestAsync(
            await shared.Collector.Spans.FirstAsync(
                span => span.Name.EndsWith("ChatHub/fetch", StringComparison.OrdinalIgnoreCase), "the call's activity"),
            "FetchSockets",
            ["worker-2"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_event_and_its_acknowledgements_on_another_worker_are_one_trace()
    {
        using var first = await EnterAsync(1, "questions");
        using var second = await EnterAsync(2, "questions");

        await first.SendAsync("""425["ask","questions","well?"]""");
        Assert.True(await second.ReceivesAsync("""420["ask","well?"]"""));
        await second.SendAsync("""430["yes"]""");
        Assert.True(await first.ReceivesAsync("435["));

        var answers = await FollowRequestAsync(
            await shared.Collector.Spans.FirstAsync(IsEvent("ask"), "the activity of ask"), "EmitWithAck", ["worker-1", "worker-2"]);
        Assert.Equal(
            [("worker-1", "0", "0"), ("worker-2", "1", "1")],
            answers.Select(answer => (answer.Process, answer.Tags["orleansadapter.sockets"], answer.Tags["orleansadapter.sockets.answered"])));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_makes_sockets_join_and_leave_rooms_on_all_workers_is_one_trace()
    {
        using var first = await EnterAsync(1, "from");
        using var second = await EnterAsync(2, "from");

        await first.SendAsync("""425["move","from","to"]""");
        Assert.True(await first.ReceivesAsync("435[]"));

        var moved = await shared.Collector.Spans.FirstAsync(IsEvent("move"), "the activity of move");
        foreach (var what in new[] { "SocketsJoin", "SocketsLeave" })
        {
            var request = await RequestOfAsync(moved, what);
            await ChildAsync(request, "worker-1", "publish", SpanKind.Producer);
            await ChildAsync(request, "directory", "accept", SpanKind.Consumer);
            foreach (var worker in new[] { "worker-1", "worker-2" })
            {
                Assert.Equal(what, (await ChildAsync(request, worker, "deliver", SpanKind.Consumer)).Tags["orleansadapter.operation"]);
            }
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_request_that_comes_to_the_wrong_worker_is_one_trace_on_both()
    {
        using var http = new HttpClient();
        var opened = await http.GetStringAsync(shared.Cluster.Url(2) + "/socket.io/?EIO=4&transport=polling", Cancellation);
        using var answer = await http.PostAsync(
            shared.Cluster.Url(1) + $"/socket.io/?EIO=4&transport=polling&sid={opened.Split('"')[3]}", new StringContent("1"), Cancellation);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync(Cancellation));

        var forward = await shared.Collector.Spans.FirstAsync(span => span is { Name: "forward", Process: "worker-1" }, "forward");
        Assert.Equal((SpanKind.Client, "POST", "/socket.io/", "200"), Http(forward));
        Assert.Equal((SpanKind.Server, "POST", "/socket.io/", "200"), Http(await ChildAsync(forward, "worker-2", "forwarded", SpanKind.Server)));

        static (SpanKind Kind, string Method, string Path, string Status) Http(Span span) =>
            (span.Kind, span.Tags["http.request.method"], span.Tags["url.path"], span.Tags["http.response.status_code"]);
    }

    private static Func<Span, bool> IsEvent(string name) =>
        span => span is { Name: "event", Process: "worker-1" } && span.Tags["orleansadapter.event"] == name;

    /// <summary>Waits for all parts of a request that a client's event or call made.</summary>
    /// <returns>The answers.</returns>
    private async Task<Span[]> FollowRequestAsync(Span began, string what, string[] answering)
    {
        var request = await RequestOfAsync(began, what);
        var accepted = await ChildAsync(request, "directory", "accept", SpanKind.Consumer);
        List<Span> answers = [];
        foreach (var worker in answering)
        {
            var answer = await ChildAsync(request, worker, "answer", SpanKind.Server);
            Assert.Equal((what, accepted.Tags["orleansadapter.number"]), (answer.Tags["orleansadapter.request"], answer.Tags["orleansadapter.number"]));
            answers.Add(answer);
        }
        return [.. answers];
    }

    private async Task<Span> RequestOfAsync(Span began, string what)
    {
        var request = await shared.Collector.Spans.FirstAsync(
            span => span is { Name: "request", Process: "worker-1" } && span.Parent == began.Id && span.Tags["orleansadapter.request"] == what,
            $"the request {what} in the trace {began.Trace}");
        Assert.Equal(
            (began.Trace, SpanKind.Client, "orleansadapter", "send", "/", "answered"),
            (request.Trace, request.Kind, request.Tags["messaging.system"], request.Tags["messaging.operation.type"],
                request.Tags["messaging.destination.name"], request.Tags["orleansadapter.outcome"]));
        return request;
    }

    private async Task<Span> ChildAsync(Span parent, string process, string name, SpanKind kind)
    {
        var child = await shared.Collector.Spans.FirstAsync(
            span => span.Parent == parent.Id && span.Process == process && span.Name == name, $"{name} of {process} in the trace {parent.Trace}");
        Assert.Equal((parent.Trace, kind), (child.Trace, child.Kind));
        return child;
    }
}
