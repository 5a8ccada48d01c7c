using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Grains;

namespace OrleansAdapter.EndToEnd;

/// <summary>What other users of the machine may do with a cluster, and its own user's other programs.</summary>
public sealed class OtherUserTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    [SupportedOSPlatform("linux")]
    public async Task Another_user_reads_nothing_and_does_not_get_in(bool colocated)
    {
        if (colocated)
        {
            FullRun.Needed("With workers that are clients it runs always.");
        }
        await Nobody.SkipWithoutAsync();
        await using var cluster = await RunningCluster.StartAsync(["--workers", "1", .. colocated ? ["--colocated"] : Array.Empty<string>()]);
        var run = Open(cluster);
        var known = ClusterFile.Read(run);

        foreach (var file in Directory.EnumerateFiles(run))
        {
            Assert.NotEqual(0, (await Nobody.RunAsync([], "cat", file)).ExitCode);
        }
        Assert.NotEqual(0, (await Nobody.RunAsync([], "ls", run)).ExitCode);
        Assert.NotEqual(0, (await Nobody.RunAsync([], "touch", Path.Combine(run, "mine"))).ExitCode);

        // Nor the status: the command does not find it, and no port answers but the front's.
        Assert.Equal(2, Listening(cluster.PrimaryId).Count());
        var (exitCode, output, error) = await Nobody.RunAsync([("TMPDIR", cluster.Temporary)], "dotnet", Checkout.Program("Silo"), "status", "--json");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("no primary of this user's runs", error);

        // Somebody told it how the cluster is called, but not its secret.
        using var emitter = Nobody.Start(
            [
                ("OrleansAdapter__Directory__ClusterId", known.ClusterId),
                ("OrleansAdapter__Directory__Gateways__0", known.Gateways[0]),
            ],
            "dotnet", Checkout.Program("samples/Emitter"), "/chat", "", "said", "hello");
        try
        {
            Assert.Contains("the same secret (SecretFile)", await LineAsync(emitter, "has let this process in"));
            Assert.False(emitter.HasExited);
        }
        finally
        {
            emitter.Kill(entireProcessTree: true);
        }
        var stranger = await cluster.LineAsync("[directory] warn: OrleansAdapter.Directory");
        Assert.Contains("did not offer to prove", stranger.Text);
    }

    [Fact(Timeout = 180_000)]
    [SupportedOSPlatform("linux")]
    public async Task Another_user_that_was_given_the_secret_is_let_in_and_the_own_user_needs_only_the_runs_directory()
    {
        await Nobody.SkipWithoutAsync();
        var folder = Directory.CreateTempSubdirectory("oa-");
        try
        {
            var (own, theirs) = (ClusterFile.DrawSecret(folder.FullName), Path.Combine(folder.FullName, "theirs"));
            File.Copy(own, theirs);
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
            Assert.Equal(0, chown(theirs, Nobody.Id, Nobody.Id));
            var port = RunningCluster.FreePort() + RunningCluster.Workers + 1;
            await using var cluster = await RunningCluster.StartAsync(
                [("OrleansAdapter__Directory__SecretFile", own)], "--status-port", $"{port}", "--workers", "1");
            var run = Open(cluster);
            var known = ClusterFile.Read(run);
            Assert.Equal(own, known.SecretFile);

            var (exitCode, output, error) = await Nobody.RunAsync(
                [
                    ("OrleansAdapter__Directory__ClusterId", known.ClusterId),
                    ("OrleansAdapter__Directory__Gateways__0", known.Gateways[0]),
                    ("OrleansAdapter__Directory__SecretFile", theirs),
                ],
                "dotnet", Checkout.Program("samples/Emitter"), "/chat", "", "said", "hello");

            Assert.Equal((0, "said was sent to 0 sockets.\n", ""), (exitCode, output, error));

            var (_, status, _) = await ProgramRun.RunAsync("Silo", cluster.Temporary, ["status"]);
            Assert.Contains($"run  {run}\n", status);
            (exitCode, output, error) = await ProgramRun.RunAsync(
                "samples/Emitter", [("OrleansAdapter__Directory__RunDirectory", run)], ["/chat", "", "said", "hello"]);
            Assert.Equal((0, "said was sent to 0 sockets.\n", ""), (exitCode, output, error));

            using var http = new HttpClient();
            Assert.Contains("\"state\":\"running\"", await http.GetStringAsync($"http://127.0.0.1:{port}/", Cancellation));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_where_nothing_runs_is_said_so()
    {
        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "Silo", [("OrleansAdapter__Directory__SecretFile", "/nowhere/secret")], ["primary", "--port", $"{RunningCluster.FreePort()}"]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("OrleansAdapter__Directory__SecretFile: Could not find", error);

        (exitCode, output, error) = await ProgramRun.RunAsync("WebWorker", [("OrleansAdapter__Directory__RunDirectory", "/nowhere")], []);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("RunDirectory: no cluster runs in /nowhere", error);
    }

    /// <summary>Lets others into the directory for temporary files, as they are into /tmp; returns the run's, which stays private.</summary>
    [SupportedOSPlatform("linux")]
    private static string Open(RunningCluster cluster)
    {
        File.SetUnixFileMode(cluster.Temporary, (UnixFileMode)0b1_111_111_111);
        return Directory.EnumerateDirectories(cluster.Temporary, "orleansadapter-*").Single();
    }

    /// <summary>The ports at which a process listens.</summary>
    private static IEnumerable<string> Listening(int process)
    {
        const string listens = "0A";
        var sockets = Directory.EnumerateFiles($"/proc/{process}/fd").Select(file => new FileInfo(file).LinkTarget).OfType<string>().ToHashSet();
        return File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == listens && sockets.Contains($"socket:[{fields[9]}]"))
            .Select(fields => fields[1]);
    }

    private static async Task<string> LineAsync(Process process, string with)
    {
        while (await process.StandardOutput.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.Contains(with, StringComparison.Ordinal))
            {
                return line;
            }
        }
        throw new InvalidOperationException($"It ended without a line with \"{with}\": {await process.StandardError.ReadToEndAsync(Cancellation)}");
    }

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int chown(string path, int user, int group);
}
