using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Ported;

/// <summary>
/// The support desk of samples/ported/from-node: one script of official clients (clients/ported-desk.mjs) passes on what it was, Socket.IO's cluster
/// adapter, and on what it became, each with three workers behind one address.
/// </summary>
public sealed class DeskTests
{
    private const string Before = "samples/ported/from-node/before";
    private const string After = "samples/ported/from-node/after";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact(Timeout = 240_000)]
    public async Task Its_clients_pass_on_what_it_became()
    {
        Checkout.SkipWithoutNode();
        FullRun.Needed("The other ported application is tested in every run (RidesAfterTests).");
        await using var cluster = await RunningCluster.StartAsync([("ORLEANSADAPTER_WEBWORKER", Checkout.Program(After, "DeskAfter"))]);
        await PassAsync(cluster.Front);
    }

    [Fact(Timeout = 240_000)]
    public async Task Its_clients_pass_on_what_it_was()
    {
        Checkout.SkipWithoutNode();
        FullRun.Needed("It is the reference, and does not change.");
        var folder = Path.Combine(Checkout.Root, Before);
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), $"Needs 'npm ci' in {Before}, which test.sh --full does.");
        var port = RunningCluster.FreePort().ToString(CultureInfo.InvariantCulture);
        using var server = Process.Start(new ProcessStartInfo("node", ["server.js", port, RunningCluster.Workers.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var lines = new EventLog<string>("the desk on Node.js");
            var reading = lines.ReadAsync(server.StandardOutput);
            await lines.UntilAsync(RunningCluster.Workers, "all workers to be ready");
            await PassAsync($"http://127.0.0.1:{port}");
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    private static async Task PassAsync(string server)
    {
        using var clients = Process.Start(new ProcessStartInfo("node", ["ported-desk.mjs", server])
        {
            WorkingDirectory = Checkout.JavaScriptClients,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (exitCode, output, error) = await ProgramRun.EndAsync(clients, Limit);
        Assert.True(exitCode == 0, output + error);
    }
}
