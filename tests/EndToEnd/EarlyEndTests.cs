using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>A worker that is told to end before its host runs, which may be any time after its start: it ends then, and nobody waits for its start.</summary>
public sealed class EarlyEndTests : IDisposable
{
    /// <summary>The worker's start is held up while this file is there.</summary>
    private const string HeldUpBy = "TestWorker__HeldUpBy";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly string _file = Path.GetTempFileName();

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
        start.Environment[HeldUpBy] = _file;
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

    public void Dispose() => File.Delete(_file);
}
