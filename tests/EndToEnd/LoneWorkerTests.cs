using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>A worker that nobody supervises: the directory runs in its own process.</summary>
public sealed class LoneWorkerTests
{
    /// <summary>Longer than it may take to leave (DrainTimeout, 30 s).</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    [Theory(Timeout = 120_000)]
    [InlineData("true", "has no primary")]
    [InlineData("false", "operations are off here")]
    public async Task A_worker_runs_alone_and_is_not_killed_by_its_page_and_ends_on_a_signal(string operations, string refusal)
    {
        await using var clients = JavaScriptClients.Start();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{RunningCluster.FreePort()}");
        var start = new ProcessStartInfo("dotnet", [Checkout.Program("WebWorker"), "--urls", url]) { RedirectStandardOutput = true };
        start.Environment["WebWorker__Operations"] = operations;
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

            await one.CallAsync("enter", "room", "Ada");
            var view = (await one.CallAsync("workers"))!;
            Assert.False(view["mayKill"]!.GetValue<bool>());
            var refused = await Assert.ThrowsAsync<ClientException>(() => one.CallAsync("kill", view["workers"]![0]!["id"]!.GetValue<string>()));
            Assert.Contains(refusal, refused.Message, StringComparison.Ordinal);

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
