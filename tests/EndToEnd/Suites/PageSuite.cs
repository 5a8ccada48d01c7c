using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>The page that a worker serves.</summary>
public abstract class PageSuite(SharedCluster shared)
{
    private const string Chromium = "/usr/bin/chromium";

    private static readonly string[] Files =
        ["page.css", "page.js", "person.js", "cluster.js", "apart.js", "lines.js", "kept.js", "hub.js", "socketio.js", "official.js", "icon.svg", "clients"];

    [Fact(Timeout = 120_000)]
    public async Task The_page_and_all_that_it_needs_come_from_the_worker()
    {
        using var http = new HttpClient();

        var page = await http.GetStringAsync(shared.Cluster.Url(1), TestContext.Current.CancellationToken);

        Assert.DoesNotContain("//", page);
        foreach (var file in Files)
        {
            Assert.NotEmpty(await http.GetStringAsync($"{shared.Cluster.Url(1)}/{file}", TestContext.Current.CancellationToken));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_official_clients_come_from_the_worker_where_npm_was_there()
    {
        Checkout.SkipWithoutNode();
        using var http = new HttpClient();

        Assert.Equal("{\"official\":true}", await http.GetStringAsync($"{shared.Cluster.Url(1)}/clients", TestContext.Current.CancellationToken));
        Assert.Contains(
            "HubConnectionBuilder",
            await http.GetStringAsync($"{shared.Cluster.Url(1)}/clients/signalr.min.js", TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        foreach (var name in new[] { "socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js" })
        {
            using var script = await http.GetAsync($"{shared.Cluster.Url(1)}/socket.io/{name}", TestContext.Current.CancellationToken);
            Assert.Equal("\"4.8.3\"", script.Headers.ETag?.ToString());
            Assert.NotEmpty(await http.GetByteArrayAsync($"{shared.Cluster.Url(1)}/socket.io/{name}.map", TestContext.Current.CancellationToken));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_tabs_of_a_browser_on_two_workers_talk_with_all_clients() =>
        await RunAsync("page-clients.mjs", shared.Cluster.Url(1), shared.Cluster.Url(2));

    [Fact(Timeout = 120_000)]
    public async Task The_page_says_what_it_loads_and_that_nobody_may_frame_it()
    {
        using var http = new HttpClient();

        using var page = await http.GetAsync(shared.Cluster.Front, TestContext.Current.CancellationToken);

        Assert.Contains("default-src 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
    }

    /// <summary>Runs a script that drives a browser; skips the running test where there is none.</summary>
    internal static async Task RunAsync(string script, params string[] urls)
    {
        Checkout.SkipWithoutNode();
        Assert.SkipUnless(File.Exists(Chromium), $"Needs {Chromium}.");
        await RunNodeAsync(script, [Chromium, .. urls]);
    }

    /// <summary>Runs a script of the JavaScript clients to its end.</summary>
    internal static async Task RunNodeAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [script, .. arguments]) { WorkingDirectory = Checkout.JavaScriptClients, RedirectStandardError = true };
        using var node = Process.Start(start)!;
        try
        {
            var errors = await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(node.ExitCode == 0, errors);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
        }
    }
}
