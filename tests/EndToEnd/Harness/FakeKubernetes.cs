using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>The little of Kubernetes' API server that pods are read from, on a port of this machine: it lists pods, and tells what becomes of them.</summary>
internal sealed class FakeKubernetes : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, FakePod> _pods = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private Channel<string> _changes = Channel.CreateUnbounded<string>();
    private int _version = 1;

    private FakeKubernetes(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>What it was asked: <c>list</c>, <c>watch</c> or <c>get</c>, with selector or name, version and what the client proved.</summary>
    public EventLog<(string What, string Selector, string Version, string Authorization)> Asked { get; } = new("Kubernetes");

    /// <summary>The status code of its answers.</summary>
    public int Answers { get; set; } = 200;

    /// <summary>What its lists and watches wait for.</summary>
    public Task AnswersAfter { get; set; } = Task.CompletedTask;

    /// <summary>What it answers who asks for one pod; null for what is so.</summary>
    public (int Status, string Body)? AnswerOfOne { get; set; }

    /// <summary>Whether each watch ends at once.</summary>
    public bool EndsWatches { get; set; }

    public static async Task<FakeKubernetes> StartAsync(Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen ?? (_ => { })));
        var app = builder.Build();
        var fake = new FakeKubernetes(app);
        app.MapGet("/api/v1/namespaces/chat/pods", fake.PodsAsync);
        app.MapGet("/api/v1/namespaces/chat/pods/{name}", fake.PodAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return fake;
    }

    /// <summary>There is a pod, or it has changed.</summary>
    /// <param name="name">Its name; another one may have had it.</param>
    /// <param name="uid">Its uid.</param>
    public void Set(string name, string uid)
    {
        var pod = new FakePod(name, uid, IsLabelled: true);
        lock (_lock)
        {
            var type = _pods.ContainsKey(name) ? "MODIFIED" : "ADDED";
            _pods[name] = pod;
            Tell(type, pod);
        }
    }

    /// <summary>A pod loses its labels: to who watches for them it is as deleted.</summary>
    public void TakeLabels(string name)
    {
        var pod = _pods[name];
        _pods[name] = pod with { IsLabelled = false };
        Tell("DELETED", pod);
    }

    /// <summary>Tells those who watch now of something that was long ago.</summary>
    public void TellDeleted(string name, string uid) => Tell("DELETED", new FakePod(name, uid, IsLabelled: true));

    /// <summary>A pod is deleted.</summary>
    /// <param name="told">Whether those who watch are told.</param>
    public void Delete(string name, bool told = true)
    {
        if (_pods.TryRemove(name, out var pod) && told)
        {
            Tell("DELETED", pod);
        }
    }

    /// <summary>The list that a client watches from is too old.</summary>
    public void Expire() => Tell("ERROR", pod: null);

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _changes.Writer.TryComplete();
        }
        await _app.DisposeAsync();
    }

    private void Tell(string type, FakePod? pod)
    {
        lock (_lock)
        {
            _version++;
            _changes.Writer.TryWrite(JsonSerializer.Serialize(new { type, @object = pod?.Json ?? new { kind = "Status", code = 410, reason = "Expired" } }));
            if (type == "ERROR")
            {
                _changes.Writer.TryComplete();
            }
        }
    }

    private async Task PodAsync(HttpContext context, string name)
    {
        var (status, body) = AnswerOfOne ?? (_pods.TryGetValue(name, out var pod)
            ? (200, JsonSerializer.Serialize(pod.Json))
            : (404, JsonSerializer.Serialize(new { kind = "Status", code = 404, reason = "NotFound", details = new { name, kind = "pods" } })));
        Asked.Add(("get", name, "", context.Request.Headers.Authorization.ToString()));
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }

    private async Task PodsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var watches = query["watch"] == "true";
        var asked = (
            watches ? "watch" : "list", query["labelSelector"].ToString(), query["resourceVersion"].ToString(),
            context.Request.Headers.Authorization.ToString());
        await AnswersAfter.WaitAsync(context.RequestAborted);
        context.Response.StatusCode = Answers;
        if (Answers != 200)
        {
            Asked.Add(asked);
            return;
        }
        if (!watches)
        {
            Asked.Add(asked);
            string list;
            lock (_lock)
            {
                _changes = Channel.CreateUnbounded<string>();
                list = JsonSerializer.Serialize(new
                {
                    metadata = new { resourceVersion = _version.ToString(CultureInfo.InvariantCulture) },
                    items = _pods.Values.Where(pod => pod.IsLabelled).Select(pod => pod.Json),
                });
            }
            await context.Response.WriteAsync(list, context.RequestAborted);
            return;
        }
        await context.Response.Body.FlushAsync(context.RequestAborted);
        Asked.Add(asked);
        if (EndsWatches)
        {
            return;
        }
        await foreach (var change in _changes.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync(change + "\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>A pod. Its address is always that of another one, as when the API server has not heard of the newest yet.</summary>
    private sealed record FakePod(string Name, string Uid, bool IsLabelled)
    {
        public object Json => new { metadata = new { name = Name, uid = Uid }, status = new { phase = "Running", podIP = "192.0.2.1" } };
    }
}
