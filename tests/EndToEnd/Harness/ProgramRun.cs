using System.Diagnostics;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A program of this repository that is expected to end by itself.</summary>
internal static class ProgramRun
{
    /// <summary>How long it may take; only a failing test waits so long.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs it; returns its exit code and what it wrote to standard output and standard error.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string project, params IEnumerable<string> arguments) =>
        RunAsync(project, [], arguments);

    /// <summary>The same with a directory for temporary files.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string project, string temporary, IEnumerable<string> arguments) =>
        RunAsync(project, [("TMPDIR", temporary)], arguments);

    /// <summary>The same with settings of its own.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string project, (string Name, string Value)[] environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Checkout.Program(project), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ORLEANSADAPTER_WEBWORKER"] = Checkout.Program("WebWorker");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        return await EndAsync(process, Limit);
    }

    /// <summary>Waits for the end of a program whose output is redirected; when the time is over, or the test is, it is killed.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> EndAsync(Process process, TimeSpan time)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(time);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
