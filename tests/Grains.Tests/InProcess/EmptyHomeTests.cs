using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Grains.Tests.Contract;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>Homes that nobody uses any more.</summary>
public sealed class EmptyHomeTests
{
    [Fact]
    public async Task A_thousand_namespaces_that_servers_left_leave_nothing_in_the_directory()
    {
        await using var inProcess = new InProcessHost(
            new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = true, KeepEmptyHomes = TimeSpan.FromMilliseconds(100) });
        var host = inProcess.Directory;
        await using var directory = new InProcessDirectory(host, ownsHost: false);
        var server = new TestServer(directory);
        await directory.StartAsync(server.Life, server, TestContext.Current.CancellationToken);
        await server.RegisterAsync("/stays");

        var lives = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => server.RegisterAsync($"/goes-{i}"))).InTimeAsync();
        Array.ForEach(lives, life => life.Lapse());
        // Nobody ever registers there; that there was a home is known by its answer.
        directory.Send("/never", new Renew { Life = server.Life, Epoch = 1, Session = 1, Handled = 0 });
        await server.Home("/never").ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();

        await Wait.UntilAsync(() => Task.FromResult(host.Homes.Count), homes => homes == 1, "homes");
        await server.RegisterAsync("/goes-1").InTimeAsync();
        Assert.Contains(host.Homes, home => home.Namespace == "/stays");
    }
}
