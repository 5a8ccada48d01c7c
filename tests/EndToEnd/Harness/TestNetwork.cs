using System.Diagnostics;
using System.Globalization;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// A network of this test's own: "machines" that are network namespaces, at .1, .2 and so on, on a bridge at .254, where what all of them reach belongs. It
/// leads nowhere else. It can be cut as networks are. Disposing it removes all of it.
/// </summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    private readonly string _name = $"oa{Environment.ProcessId % 100_000}";
    private readonly string _subnet = string.Create(CultureInfo.InvariantCulture, $"10.77.{Environment.ProcessId % 250}");
    private readonly int _count;

    private TestNetwork(int count) => _count = count;

    /// <summary>The address that all machines reach, in this test's own namespace.</summary>
    public string Middle => $"{_subnet}.254";

    /// <summary>Makes it; skips the test where it may not.</summary>
    /// <param name="machines">How many machines.</param>
    public static async Task<TestNetwork> StartAsync(int machines)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/ip"),
            "**** NOT TESTED: machines on a network that is cut. It takes network namespaces: Linux, root and iproute2.");
        var network = new TestNetwork(machines);
        try
        {
            await network.MakeAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>A machine's address, from 1.</summary>
    public string AddressOf(int machine) => string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{machine}");

    /// <summary>A machine's namespace, from 1.</summary>
    public string NamespaceOf(int machine) => string.Create(CultureInfo.InvariantCulture, $"{_name}-{machine}");

    /// <summary>Cuts a machine off, in one of the ways that networks know, or mends that.</summary>
    public async Task SetAsync(int machine, Cut cut, bool isCut)
    {
        switch (cut)
        {
            case Cut.Whole:
                await IpAsync("link", "set", PortOf(machine), isCut ? "down" : "up");
                break;
            case Cut.FromPeers:
                foreach (var peer in Enumerable.Range(1, _count).Where(other => other != machine))
                {
                    await IpAsync("-n", NamespaceOf(machine), "route", isCut ? "add" : "del", "blackhole", AddressOf(peer));
                }
                break;
            case Cut.Inwards:
                // A queue of one byte holds no packet.
                string[] queue = isCut ? ["bfifo", "limit", "1"] : [];
                await RunAsync("/usr/sbin/tc", ["qdisc", isCut ? "add" : "del", "dev", PortOf(machine), "root", .. queue]);
                break;
            default:
                throw new NotSupportedException($"{cut} is no cut.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var machine = 1; machine <= _count; machine++)
        {
            await TryIpAsync("netns", "del", NamespaceOf(machine));
            await TryIpAsync("link", "del", PortOf(machine));
        }
        await TryIpAsync("link", "del", _name);
    }

    private async Task MakeAsync()
    {
        await IpAsync("link", "add", _name, "type", "bridge");
        await IpAsync("addr", "add", $"{Middle}/24", "dev", _name);
        await IpAsync("link", "set", _name, "up");
        for (var machine = 1; machine <= _count; machine++)
        {
            var @namespace = NamespaceOf(machine);
            await IpAsync("netns", "add", @namespace);
            await IpAsync("link", "add", PortOf(machine), "type", "veth", "peer", "name", "eth0", "netns", @namespace);
            await IpAsync("link", "set", PortOf(machine), "master", _name, "up");
            await IpAsync("-n", @namespace, "addr", "add", $"{AddressOf(machine)}/24", "dev", "eth0");
            await IpAsync("-n", @namespace, "link", "set", "eth0", "up");
            await IpAsync("-n", @namespace, "link", "set", "lo", "up");
        }
    }

    private string PortOf(int machine) => string.Create(CultureInfo.InvariantCulture, $"{_name}v{machine}");

    private static Task IpAsync(params string[] arguments) => RunAsync("/usr/sbin/ip", arguments);

    private static async Task RunAsync(string program, string[] arguments)
    {
        var (exitCode, error) = await ExecuteAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
    }

    private static Task TryIpAsync(params string[] arguments) => ExecuteAsync("/usr/sbin/ip", arguments);

    private static async Task<(int ExitCode, string Error)> ExecuteAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}

/// <summary>How a machine is cut off.</summary>
public enum Cut
{
    /// <summary>From everything.</summary>
    Whole,

    /// <summary>From the other machines, while it reaches the database, and clients reach it.</summary>
    FromPeers,

    /// <summary>Nothing reaches it, though what it sends arrives.</summary>
    Inwards,
}
