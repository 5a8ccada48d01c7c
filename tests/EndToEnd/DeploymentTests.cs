using System.Diagnostics;

namespace OrleansAdapter.EndToEnd;

/// <summary>What deploy/ lets the program do, where it is installed as that says.</summary>
public sealed class DeploymentTests
{
    private const string Analyzer = "/usr/bin/systemd-analyze";

    [Fact(Timeout = 60_000)]
    public async Task The_unit_lets_the_service_do_little_more_than_serve()
    {
        const int mostExposure = 20; // tenths, of 100: without MemoryDenyWriteExecute, as .NET compiles as it runs
        Assert.SkipUnless(File.Exists(Analyzer), "NOT TESTED HERE: systemd-analyze (package systemd) is missing.");
        var start = new ProcessStartInfo(
            Analyzer, ["security", "--offline=yes", $"--threshold={mostExposure}", "--no-pager", Deployed("orleansadapter.service")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var report = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, report);
        Assert.Contains("Overall exposure level", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("orleansadapter.service")]
    [InlineData("Dockerfile")]
    public void The_demonstrations_operations_are_off(string file) =>
        Assert.Contains("WebWorker__Operations=false", File.ReadAllText(Deployed(file)), StringComparison.Ordinal);

    private static string Deployed(string name) => Path.Combine(Checkout.Root, "deploy", name);
}
