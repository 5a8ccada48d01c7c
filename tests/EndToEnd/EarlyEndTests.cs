using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>A worker that is told to end before its host runs, which may be any time after its start: it ends then, and nobody waits for its start.</summary>
public sealed class EarlyEndTests
{
    private const string IsHeldUp = "TestWorker__IsHeldUp";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Theory(Timeout = 120_000)]
    [InlineData("drain\n")]
    [InlineData("")]
    public async Task A_worker_that_is_told_to_leave_or_loses_its_primary_before_its_host_runs_ends_quietly(string said)
    {
        var start = new ProcessStartInfo("dotnet", [Checkout.Program("tests/TestWorker")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OrleansAdapter__Supervised"] = "true";
        start.Environment[IsHeldUp] = "true";
        using var worker = Process.Start(start)!;
        Assert.Equal("held up", await worker.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        if (said.Length > 0)
        {
            await worker.StandardInput.WriteAsync(said);
            await worker.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        }
        else
        {
            worker.StandardInput.Close();
        }

        Assert.Equal((0, "", ""), await ProgramRun.EndAsync(worker, Limit));
    }

    /// <summary>The time for leaving is longer than the test waits.</summary>
    [Fact(Timeout = 120_000)]
    public async Task SIGTERM_does_not_wait_for_workers_whose_hosts_do_not_run_yet()
    {
        await using var cluster = RunningCluster.Start(
            RunningCluster.FreePort(),
            [("ORLEANSADAPTER_WEBWORKER", Checkout.Program("tests/TestWorker")), (IsHeldUp, "true")],
            "--workers",
            "2",
            "--drain",
            "100");
        await cluster.LineAsync("[worker-1] held up");
        await cluster.LineAsync("[worker-2] held up");

        OperatingSystemProcesses.Signal(cluster.PrimaryId, OperatingSystemProcesses.Terminate);

        Assert.Equal(0, await cluster.EndAsync());
        Assert.DoesNotContain(cluster.Lines.All, line => line.Text.Contains("signal", StringComparison.Ordinal));
    }
}
