using System.Diagnostics;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>Runs programs as the user <c>nobody</c>, who has nothing to do with the cluster; only root can.</summary>
internal static class Nobody
{
    public const int Id = 65534;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly string[] Switch = [$"--reuid={Id}", $"--regid={Id}", "--clear-groups", "--no-new-privs", "--"];

    /// <summary>Skips the running test where this is not root, or nobody could not run the programs of this checkout.</summary>
    public static async Task SkipWithoutAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "NOT TESTED HERE: only root can run something as another user.");
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "NOT TESTED HERE: setpriv (package util-linux) is missing.");
        var (exitCode, _, error) = await RunAsync([], "dotnet", Checkout.Program("samples/Emitter"));
        Assert.SkipWhen(exitCode != 2, $"NOT TESTED HERE: the user nobody cannot run what was built here: {error}");
    }

    /// <summary>Runs a program until it ends.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync((string Name, string Value)[] environment, params string[] command)
    {
        using var process = Start(environment, command);
        return await ProgramRun.EndAsync(process, Limit);
    }

    /// <summary>Starts a program.</summary>
    public static Process Start((string Name, string Value)[] environment, params string[] command)
    {
        var start = new ProcessStartInfo("/usr/bin/setpriv", [.. Switch, .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Remove("ORLEANSADAPTER_WEBWORKER");
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["TMPDIR"] = "/tmp";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }
}
