using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What the primary leaves behind, and what it does with what dies. No clients, so no Node.js.</summary>
public abstract class SupervisionSuite(params string[] arguments)
{
    /// <summary>As few workers as show it: each takes most of a second of a processor to start.</summary>
    private readonly string[] _arguments = ["--workers", "2", .. arguments];

    /// <summary>Once with a gateway port of 0, which is any port.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData(OperatingSystemProcesses.Terminate, "")]
    [InlineData(OperatingSystemProcesses.Interrupt, "0")]
    public async Task A_signal_takes_everything_down_and_leaves_no_process_and_no_file(int signal, string gatewayPort)
    {
        (string, string)[] environment = gatewayPort.Length > 0 ? [("OrleansAdapter__Silo__GatewayPort", gatewayPort)] : [];
        await using var cluster = await RunningCluster.StartAsync(environment, _arguments);
        var children = cluster.Children;

        OperatingSystemProcesses.Signal(cluster.PrimaryId, signal);

        // The directory last: workers that end have things to tell it.
        await OperatingSystemProcesses.UntilGoneAsync([cluster.ProcessOf("directory")]);
        Assert.DoesNotContain(children, OperatingSystemProcesses.IsRunning);
        Assert.Equal(0, await cluster.EndAsync());

        // Nobody hung in anything and had to be killed.
        Assert.DoesNotContain(cluster.Lines.All, line => line.Text.Contains("was told to end", StringComparison.Ordinal));
        Assert.Equal(3, children.Length);
        Assert.DoesNotContain(children, OperatingSystemProcesses.IsRunning);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Temporary));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("directory ")]
    [InlineData("worker-")]
    public async Task A_signal_before_all_are_ready_takes_down_what_there_is(string line)
    {
        if (line != "worker-")
        {
            FullRun.Needed("A signal after the first worker's line, when there is more to take down, is tested in every run.");
        }

        // One of the workers never gets ready, or all might be before the signal comes.
        var folder = Directory.CreateTempSubdirectory("oa-");
        var program = Path.Combine(folder.FullName, "worker");
        var script = $"#!/bin/sh\nmkdir {folder.FullName}/stuck 2>/dev/null && exec sleep 600\nexec dotnet {Checkout.Program("WebWorker")}\n";
        await File.WriteAllTextAsync(program, script, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var cluster = RunningCluster.Start(RunningCluster.FreePort(), ["--worker", program, .. _arguments]);
        await cluster.LineAsync(line);

        OperatingSystemProcesses.Signal(cluster.PrimaryId, OperatingSystemProcesses.Terminate);

        Assert.Equal(0, await cluster.EndAsync());
        folder.Delete(recursive: true);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Temporary));

        // Nothing was said of how the starts were broken off.
        Assert.All(cluster.SaidSince(0), said => Assert.Matches(@"^(directory|worker-\d)  pid \d+  (a silo|http)", said));
    }

    [Fact(Timeout = 120_000)]
    public async Task When_the_primary_is_killed_its_children_end_and_leave_no_socket_file()
    {
        await using var cluster = await RunningCluster.StartAsync(_arguments);
        var children = cluster.Children;

        OperatingSystemProcesses.Signal(cluster.PrimaryId, OperatingSystemProcesses.Kill);

        await OperatingSystemProcesses.UntilGoneAsync(children);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Temporary, "orleansadapter-*"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_second_signal_does_not_wait_for_a_child_that_hangs()
    {
        await using var cluster = await RunningCluster.StartAsync(_arguments);
        var children = cluster.Children;
        OperatingSystemProcesses.Signal(cluster.ProcessOf("worker-2"), OperatingSystemProcesses.Stop);

        OperatingSystemProcesses.Signal(cluster.PrimaryId, OperatingSystemProcesses.Terminate);
        await OperatingSystemProcesses.UntilGoneAsync([cluster.ProcessOf("worker-1")]);
        OperatingSystemProcesses.Signal(cluster.PrimaryId, OperatingSystemProcesses.Terminate);

        Assert.Equal(128 + OperatingSystemProcesses.Terminate, await cluster.EndAsync());
        Assert.DoesNotContain(children, OperatingSystemProcesses.IsRunning);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Temporary, "orleansadapter-*"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_busy_port_is_named_and_nothing_is_left_behind()
    {
        var port = RunningCluster.FreePort();
        using var busy = new TcpListener(IPAddress.Loopback, port + 2);
        busy.Start();
        await using var cluster = RunningCluster.Start(port, _arguments);

        Assert.Equal(1, await cluster.EndAsync());

        Assert.Contains((port + 2).ToString(CultureInfo.InvariantCulture), Assert.Single(cluster.Lines.All).Text);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Temporary));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_that_cannot_start_is_given_up_and_nothing_is_left_behind()
    {
        await using var cluster = RunningCluster.Start(RunningCluster.FreePort(), ["--worker", "/bin/false", .. _arguments]);

        Assert.Equal(1, await cluster.EndAsync());

        Assert.Contains("giving up", cluster.Lines.All[^1].Text);
        Assert.DoesNotContain(cluster.Children, OperatingSystemProcesses.IsRunning);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Temporary));
    }
}
