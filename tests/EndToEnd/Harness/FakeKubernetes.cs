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
    private readonly ConcurrentDictionary<string, object> _pods = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private Channel<string> _changes = Channel.CreateUnbounded<string>();
    private int _version = 1;

    private FakeKubernetes(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>What it was asked: <c>list</c> or <c>watch</c>, with selector, version and what the client proved.</summary>
    public EventLog<(string What, string Selector, string Version, string Authorization)> Asked { get; } = new("Kubernetes");

    /// <summary>The status code of its answers.</summary>
    public int Answers { get; set; } = 200;

    public static async Task<FakeKubernetes> StartAsync(Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen ?? (_ => { })));
        var app = builder.Build();
        var fake = new FakeKubernetes(app);
        app.MapGet("/api/v1/namespaces/chat/pods", fake.PodsAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return fake;
    }

    /// <summary>There is a pod, or it has changed.</summary>
    public void Set(string name, string address, string phase = "Running")
    {
        var pod = Pod(name, address, phase);
        Tell(_pods.ContainsKey(name) ? "MODIFIED" : "ADDED", pod);
        _pods[name] = pod;
    }

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
    public void Expire() => Tell("ERROR", new { kind = "Status", code = 410, reason = "Expired" });

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _changes.Writer.TryComplete();
        }
        await _app.DisposeAsync();
    }

    private static object Pod(string name, string address, string phase) => new { metadata = new { name }, status = new { phase, podIP = address } };

    private void Tell(string type, object pod)
    {
        lock (_lock)
        {
            _version++;
            _changes.Writer.TryWrite(JsonSerializer.Serialize(new { type, @object = pod }));
            if (type == "ERROR")
            {
                _changes.Writer.TryComplete();
            }
        }
    }

    private async Task PodsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var watches = query["watch"] == "true";
        var asked = (
            watches ? "watch" : "list", query["labelSelector"].ToString(), query["resourceVersion"].ToString(),
            context.Request.Headers.Authorization.ToString());
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
                    items = _pods.Values,
                });
            }
            await context.Response.WriteAsync(list, context.RequestAborted);
            return;
        }
        await context.Response.Body.FlushAsync(context.RequestAborted);
        Asked.Add(asked);
        await foreach (var change in _changes.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync(change + "\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
