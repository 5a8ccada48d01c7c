using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>The sample for Aspire (samples/AppHost): what its dashboard shows of a run is asked of the dashboard itself.</summary>
public sealed class AspireTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "samples", "AppHost");
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Its_dashboard_shows_the_metrics_of_all_processes_and_one_trace_over_both_workers()
    {
        FullRun.Needed("Its packages are 300 MB. Every run exports the same to a collector (ObservationTests).");
        await RunAsync("build", Folder, "--configuration", Checkout.Configuration, "--verbosity", "quiet", "-nodeReuse:false");
        var port = RunningCluster.FreePort();
        var (dashboard, otlp, resources) = (Local(port + 3), Local(port + 4), Local(port + 5));
        using var host = Process.Start(Host(port, dashboard, otlp, resources))!;
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri(dashboard) };
            string[] all = ["directory", "primary", "worker-1", "worker-2"];
            await UntilAsync(
                http,
                "api/telemetry/resources",
                shown => all.All(name => shown.EnumerateArray().Any(
                    one => one.GetProperty("instanceId").GetString()!.EndsWith($"/{name}", StringComparison.Ordinal)
                        && one.GetProperty("hasMetrics").GetBoolean())));

            using var first = await EnterAsync(port + 1);
            using var second = await EnterAsync(port + 2);
            await first.SendAsync("""422["say","aspire","hello"]""");
            Assert.True(await second.ReceivesAsync("""42["said","hello"]"""));

            await UntilAsync(http, "api/telemetry/spans?limit=1000", shown => TracesOf(shown).Any(
                trace => trace.Count(name => name == "deliver") == 2 && trace.Contains("event") && trace.Contains("publish") && trace.Contains("accept")));
        }
        finally
        {
            OperatingSystemProcesses.Signal(host.Id, OperatingSystemProcesses.Terminate);
            try
            {
                await host.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
            }
            finally
            {
                host.Kill(entireProcessTree: true);
            }
        }
    }

    private static ProcessStartInfo Host(int port, string dashboard, string otlp, string resources)
    {
        var start = new ProcessStartInfo("dotnet", [Checkout.Program(Path.Combine("samples", "AppHost"))]) { WorkingDirectory = Folder };
        foreach (var (name, value) in new[]
        {
            ("Port", port.ToString(CultureInfo.InvariantCulture)),
            ("ASPNETCORE_URLS", dashboard),
            ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
            ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", otlp),
            ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", resources),
            ("DOTNET_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS", "true"),
            ("Logging__LogLevel__Default", "Warning"),
        })
        {
            start.Environment[name] = value;
        }
        return start;
    }

    private static async Task RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (exitCode, output, error) = await ProgramRun.EndAsync(process, TimeSpan.FromMinutes(5));
        Assert.True(exitCode == 0, output + error);
    }

    /// <summary>Asks the dashboard until it shows what is waited for.</summary>
    private static async Task UntilAsync(HttpClient http, string path, Func<JsonElement, bool> match)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        var last = "nothing";
        try
        {
            while (true)
            {
                try
                {
                    last = await http.GetStringAsync(path, limit.Token);
                    if (match(JsonDocument.Parse(last).RootElement))
                    {
                        return;
                    }
                }
                catch (HttpRequestException exception)
                {
                    last = exception.Message; // it has not started yet
                }
                await Task.Delay(250, limit.Token); // what it waits for is not ours to be told of
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            Assert.Fail($"The dashboard does not show at {path} what is waited for; at last it showed: {last}");
        }
    }

    /// <summary>The names of the spans of each trace.</summary>
    private static IEnumerable<string[]> TracesOf(JsonElement shown) =>
        from ofResource in shown.GetProperty("data").GetProperty("resourceSpans").EnumerateArray()
        from scope in ofResource.GetProperty("scopeSpans").EnumerateArray()
        from span in scope.GetProperty("spans").EnumerateArray()
        group span.GetProperty("name").GetString()! by span.GetProperty("traceId").GetString() into trace
        select trace.ToArray();

    private static async Task<RawSocketIO> EnterAsync(int port)
    {
        var client = await RawSocketIO.OpenAsync(port);
        await client.SendAsync("40");
        Assert.True(await client.ReceivesAsync("40{"));
        await client.SendAsync("""421["join","aspire"]""");
        Assert.True(await client.ReceivesAsync("431[]"));
        return client;
    }

    private static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
