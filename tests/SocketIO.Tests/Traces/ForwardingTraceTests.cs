using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.SocketIO.Tests.Live;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Traces;

/// <summary>The activities of requests that came to a server which does not have their session.</summary>
[Collection(TraceCollection.Name)]
public sealed class ForwardingTraceTests : IAsyncLifetime
{
    private readonly ForwardingFolder _folder = new();
    private readonly HttpClient _http = new();
    private SocketIOCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _cluster = await SocketIOCluster.StartAsync(2, build: builder => builder.Services.Configure<OrleansAdapterOptions>(_folder.Configure));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_request_that_is_passed_on_is_one_trace_on_both_servers_and_the_clients_own()
    {
        var sid = await OpenAsync();
        using var trace = new Traced();

        await PostAsync(sid, trace.Root.Id);

        var forward = await trace.AnyAsync("forward");
        var forwarded = await trace.PartAsync(forward, "forwarded");
        Assert.Equal((trace.Root.TraceId, trace.Root.TraceId), (forward.TraceId, forwarded.TraceId));
        Assert.Equal((ActivityKind.Client, ActivityKind.Server), (forward.Kind, forwarded.Kind));
        foreach (var activity in new[] { forward, forwarded })
        {
            Assert.Equal(
                ("POST", "/socket.io/", 200),
                (activity.GetTagItem("http.request.method"), activity.GetTagItem("url.path"), activity.GetTagItem("http.response.status_code")));
            Assert.DoesNotContain(activity.TagObjects, tag => tag.Value is string text && text.Contains(sid, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task One_that_belongs_to_no_trace_begins_one()
    {
        var sid = await OpenAsync();
        using var trace = new Traced();

        await PostAsync(sid, null);

        var forward = await trace.AnyAsync("forward");
        Assert.Equal(default, forward.ParentSpanId);
        await trace.PartAsync(forward, "forwarded");
    }

    [Fact]
    public async Task One_that_the_client_does_not_want_traced_is_not()
    {
        var sid = await OpenAsync();
        using var trace = new Traced(isRecorded: false);

        await PostAsync(sid, trace.Root.Id);

        Assert.Empty(trace.All());
        await PostAsync(await OpenAsync(), null);
        Assert.NotEqual(trace.Root.TraceId, (await trace.AnyAsync("forwarded")).TraceId); // and no other came before it
    }

    private async Task<string> OpenAsync()
    {
        var opened = await _http.GetStringAsync(new Uri(_cluster[0].Address, "/socket.io/?EIO=4&transport=polling"), Cancellation);
        return opened.Split('"')[3];
    }

    /// <summary>Posts something to the server that does not have the session.</summary>
    private async Task PostAsync(string sid, string? traceParent)
    {
        var address = new Uri(_cluster[1].Address, $"/socket.io/?EIO=4&transport=polling&sid={sid}");
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("40") };
        if (traceParent is not null)
        {
            request.Headers.Add("traceparent", traceParent);
        }
        using var quiet = SuppressedActivity();
        using var response = await _http.SendAsync(request, Cancellation);
        Assert.True(response.IsSuccessStatusCode);
    }

    /// <summary>The client is another program: what is the test's current activity is not the client's.</summary>
    private static IDisposable SuppressedActivity()
    {
        var current = Activity.Current;
        Activity.Current = null;
        return new Restore(current);
    }

    private sealed class Restore(Activity? activity) : IDisposable
    {
        public void Dispose() => Activity.Current = activity;
    }
}
