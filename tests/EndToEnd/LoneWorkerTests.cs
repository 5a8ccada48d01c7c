using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>A worker that nobody supervises: the directory runs in its own process.</summary>
public sealed class LoneWorkerTests
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(15);

    [Fact(Timeout = 120_000)]
    public async Task A_worker_runs_alone_and_ends_on_a_signal()
    {
        await using var clients = JavaScriptClients.Start();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{RunningCluster.FreePort()}");
        var start = new ProcessStartInfo("dotnet", [Checkout.Program("WebWorker"), "--urls", url]) { RedirectStandardOutput = true };
        using var worker = Process.Start(start)!;
        try
        {
            while (await worker.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.Contains("Application started"))
            {
                Assert.DoesNotContain("fail", line);
            }

            var one = await clients.JoinAsync(url, "room");
            var other = await clients.JoinAsync(url, "room", "LongPolling");
            await one.CallAsync("say", "room", 1);
            await other.HearsAsync("1");
            Assert.Equal(((string[])[one.Id, other.Id]).Order(StringComparer.Ordinal), await one.WhoAsync("room"));

            OperatingSystemProcesses.Signal(worker.Id, OperatingSystemProcesses.Terminate);
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(EndLimit, TestContext.Current.CancellationToken);
            Assert.Equal(0, worker.ExitCode);
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
        }
    }
}
