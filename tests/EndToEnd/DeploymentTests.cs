using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansAdapter.EndToEnd;

/// <summary>What deploy/ lets the program do, where it is installed as that says.</summary>
public sealed partial class DeploymentTests
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

    /// <summary>A tag that moves makes another image each time, and nobody knows which one runs.</summary>
    [Fact]
    public void The_images_have_exact_versions_and_the_SDK_is_one_that_this_repository_builds_with()
    {
        var tags = File.ReadLines(Deployed("Dockerfile")).Where(line => line.StartsWith("FROM ", StringComparison.Ordinal))
            .Select(line => ExactImage().Match(line)).ToArray();

        Assert.Equal(["sdk", "aspnet"], tags.Select(tag => tag.Groups["image"].Value));
        var sdk = Version.Parse(tags[0].Groups["version"].Value);
        using var global = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "global.json")));
        var least = Version.Parse(global.RootElement.GetProperty("sdk").GetProperty("version").GetString()!);
        Assert.True(sdk >= least && (sdk.Major, sdk.Minor) == (least.Major, least.Minor), $"global.json wants {least}, the image has {sdk}.");
    }

    [GeneratedRegex(@"^FROM mcr\.microsoft\.com/dotnet/(?<image>\w+):(?<version>\d+\.\d+\.\d+)(@sha256:[0-9a-f]{64})?( AS \w+)?$", RegexOptions.None, 1000)]
    private static partial Regex ExactImage();

    private static string Deployed(string name) => Path.Combine(Checkout.Root, "deploy", name);
}
