using System.Net.Sockets;
using OrleansAdapter.Codec;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>The socket file of the directory's process: who may use it, and what becomes of nonsense.</summary>
public abstract class DirectorySocketSuite(SharedCluster shared)
{
    [Fact(Timeout = 120_000)]
    public void Only_this_user_can_reach_the_socket_file()
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(SocketFile)!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketFile));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_secret_is_in_no_command_line()
    {
        var children = shared.Cluster.Children;

        foreach (var child in children)
        {
            var environment = await File.ReadAllTextAsync($"/proc/{child}/environ", TestContext.Current.CancellationToken);
            var secret = environment.Split('\0').First(entry => entry.StartsWith("OrleansAdapter__Directory__Secret=", StringComparison.Ordinal)).Split('=', 2)[1];
            Assert.InRange(secret.Length, 32, 512);
            foreach (var process in (int[])[.. children, shared.Cluster.PrimaryId])
            {
                Assert.DoesNotContain(secret, await File.ReadAllTextAsync($"/proc/{process}/cmdline", TestContext.Current.CancellationToken));
            }
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Nonsense_on_the_socket_ends_that_link_and_nothing_else()
    {
        var room = Guid.NewGuid().ToString("N");
        var one = await shared.Clients.JoinAsync(shared.Cluster.Url(1), room);
        var other = await shared.Clients.JoinAsync(shared.Cluster.Url(2), room);
        var before = shared.Cluster.Lines.Count;
        var wrongSecret = LinkGreeting.Write(new LinkHello(ProtocolVersion.Ours, LinkRole.Worker, ServerId.NewProcess().Process, LinkGreeting.Secret("wrong")));
        var wrongVersion = LinkGreeting.Write(new LinkHello(new ProtocolRange(200, 201), LinkRole.Worker, ServerId.NewProcess().Process, LinkGreeting.Secret("wrong")));
        var random = new byte[100_000];
        new Random(1).NextBytes(random);

        foreach (var nonsense in new[] { "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), random, wrongSecret, wrongVersion })
        {
            await UntilClosedAsync(nonsense);
            await shared.Cluster.Lines.FirstAsync(line => line.Text.StartsWith("[directory]", StringComparison.Ordinal), "a reason in the directory's log", before);
            before = shared.Cluster.Lines.Count;
        }

        await one.CallAsync("say", room, 1);
        await other.HearsAsync("1");
        Assert.Equal(0, one.Closed.Count + other.Closed.Count);
        await one.CloseAsync();
        await other.CloseAsync();
    }

    private string SocketFile => Path.Combine(Assert.Single(Directory.GetDirectories(shared.Cluster.Temporary, "orleansadapter-*")), "directory");

    private async Task UntilClosedAsync(byte[] nonsense)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var buffer = new byte[1024];
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketFile), TestContext.Current.CancellationToken);
            await socket.SendAsync(nonsense, TestContext.Current.CancellationToken);
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
                // A refusal may come first.
            }
        }
        catch (SocketException)
        {
            // Closed before all was sent.
        }
    }
}
