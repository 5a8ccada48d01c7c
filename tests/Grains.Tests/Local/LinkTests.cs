using System.Runtime.Versioning;
using OrleansAdapter.Codec;
using OrleansAdapter.Grains.Local;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>What links do that the contract cannot see.</summary>
public sealed class LinkTests : IAsyncLifetime
{
    private readonly SocketFolder _folder = new();
    private readonly LogSink _log = new();
    private DirectoryServer? _server;

    public ValueTask InitializeAsync()
    {
        Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_socket_file_is_closed_to_others_and_goes_with_the_directory()
    {
        Assert.Equal("600", Mode(_folder.SocketPath));
        Assert.Equal("700", Mode(Path.GetDirectoryName(_folder.SocketPath)!));

        await _server!.DisposeAsync();

        Assert.False(File.Exists(_folder.SocketPath));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_socket_file_in_a_directory_open_to_others_is_refused()
    {
        var open = Directory.CreateDirectory(Path.Combine(_folder.Folder, "open"));
        open.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

        var error = Assert.Throws<InvalidOperationException>(() => StartAt(Path.Combine(open.FullName, "d.sock")));

        Assert.Contains("mode 750", error.Message);
    }

    [Fact]
    public void Two_directories_cannot_share_a_socket_file() =>
        Assert.Contains("listens at", Assert.Throws<InvalidOperationException>(() => StartAt(_folder.SocketPath)).Message);

    [Fact]
    public async Task A_socket_file_left_by_a_process_that_is_gone_is_replaced()
    {
        await _server!.DisposeAsync();
        await File.WriteAllTextAsync(_folder.SocketPath, "left over", TestContext.Current.CancellationToken);

        Start();

        await using var link = _folder.NewLink();
        await StartAsync(link);
    }

    [Fact]
    public async Task A_server_is_connected_again_after_each_directory()
    {
        await using var link = _folder.NewLink();
        var server = await StartAsync(link);

        for (var round = 0; round < 3; round++)
        {
            await _server!.DisposeAsync();
            Start();
            await server.ConnectedAsync();
            await server.DescribeAsync();
        }
    }

    [Fact]
    public async Task A_question_that_is_under_way_when_the_link_ends_fails_at_once()
    {
        await _server!.DisposeAsync();
        using var listener = LinkSocket.Listen(_folder.SocketPath);
        await using var link = _folder.NewLink();
        var starting = StartAsync(link);
        var silent = await SilentDirectoryAsync(listener);
        await starting;

        var asking = link.ServersAsync(TestContext.Current.CancellationToken);
        await silent.MessageAsync();
        silent.Dispose();

        Assert.Contains("ended before it answered", (await Assert.ThrowsAsync<DirectoryUnavailableException>(() => asking.InTimeAsync())).Message);
    }

    [Fact]
    public async Task A_question_that_is_not_answered_in_time_fails()
    {
        await _server!.DisposeAsync();
        using var listener = LinkSocket.Listen(_folder.SocketPath);
        await using var link = _folder.NewLink(new LinkOptions { RequestTimeout = TimeSpan.FromMilliseconds(30) });
        var starting = StartAsync(link);
        using var silent = await SilentDirectoryAsync(listener);
        await starting;

        Assert.Contains("did not answer", (await Assert.ThrowsAsync<DirectoryUnavailableException>(() => link.ServersAsync(TestContext.Current.CancellationToken))).Message);
    }

    [Fact]
    public async Task A_server_whose_directory_does_not_read_drops_what_is_over_its_bound_and_is_never_held_up()
    {
        await _server!.DisposeAsync();
        using var listener = LinkSocket.Listen(_folder.SocketPath);
        await using var link = _folder.NewLink(new LinkOptions { MaximumQueuedBytes = 1 << 20 }, logger: _log);
        var starting = StartAsync(link);
        using var silent = await SilentDirectoryAsync(listener);
        await starting;

        var life = ServerId.NewProcess();
        for (var i = 0; i < 400; i++)
        {
            link.Send("/", new Submit { Life = life, Epoch = 1, First = 1, Operations = [Operation.Emit(BroadcastTarget.All, new byte[10_000])] });
        }

        await _log.LineAsync("messages are dropped");

        // What was queued arrives, and what fits again.
        var asking = link.ServersAsync(TestContext.Current.CancellationToken);
        var got = 0;
        while (await silent.MessageAsync() is [(byte)LinkPacketType.Worker, ..])
        {
            got++;
        }
        await silent.SendAsync(LinkPacket.Servers(1, []));

        Assert.Empty(await asking.InTimeAsync());
        Assert.InRange(got, 50, 399);
    }

    [Fact]
    public async Task A_process_that_does_not_read_is_cut_off_when_too_much_waits_for_it()
    {
        await _server!.DisposeAsync();
        Start(new LinkOptions { MaximumQueuedBytes = 100_000 });
        await using var other = _folder.NewLink();
        await StartAsync(other);
        using var link = await RawLink.GreetAsync(_folder.SocketPath);

        var asking = Task.Run(
            async () =>
            {
                for (var i = 0L; i < 1_000_000; i++)
                {
                    await link.SendAsync(LinkPacket.ListServers(i));
                }
            },
            TestContext.Current.CancellationToken);

        Assert.Contains("has ended", await _log.LineAsync("more than 100000 bytes wait"));
        await Assert.ThrowsAnyAsync<Exception>(() => asking);
        Assert.Empty(await other.ServersAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_newest_link_of_a_process_takes_the_place_of_the_one_before()
    {
        var process = ServerId.NewProcess();
        using var old = await RawLink.GreetAsync(_folder.SocketPath, process: process);
        using var next = await RawLink.GreetAsync(_folder.SocketPath, process: process);

        await old.EndedAsync();
        Assert.Contains("a newer link", await _log.LineAsync("has ended"));
        await next.SendAsync(LinkPacket.Of("/", new Renew { Life = process, Epoch = 1, Handled = 0 }));

        Assert.Equal((byte)LinkPacketType.Home, (await next.MessageAsync())![0]);
    }

    [Fact]
    public async Task What_was_sent_before_a_server_stops_still_arrives()
    {
        await using var witness = _folder.NewLink();
        await StartAsync(witness);
        for (var round = 0; round < 20; round++)
        {
            var link = _folder.NewLink();
            var server = await StartAsync(link);
            server.Describe();
            await link.DisposeAsync();
            await Wait.UntilAsync(
                () => witness.ServersAsync(TestContext.Current.CancellationToken),
                servers => servers.Any(one => one.Process == server.Life.Process),
                "the description was lost");
        }
    }

    [Fact]
    public async Task Stopping_ends_a_server_that_never_reached_its_directory()
    {
        await _server!.DisposeAsync();
        var link = _folder.NewLink();
        var starting = link.StartAsync(ServerId.NewProcess(), new TestServer(link), TestContext.Current.CancellationToken);

        await link.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.InTimeAsync());
    }

    [Fact]
    public async Task Cancelling_the_start_ends_the_wait_and_not_the_connection()
    {
        await _server!.DisposeAsync();
        await using var link = _folder.NewLink();
        var server = new TestServer(link);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => link.StartAsync(server.Life.Process, server, new CancellationToken(canceled: true)));
        Start();

        await server.ConnectedAsync();
    }

    [Fact]
    public async Task A_supervisor_waits_for_a_directory_that_is_away()
    {
        await _server!.DisposeAsync();
        await using var supervisor = new DirectorySupervisor(new LocalDirectoryOptions { SocketPath = _folder.SocketPath, Secret = SocketFolder.Secret }, _log);
        var reporting = supervisor.ReportDeathAsync(ServerId.NewProcess(), TestContext.Current.CancellationToken);
        Start();
        await reporting.InTimeAsync();

        await _server!.DisposeAsync();
        var listing = supervisor.ServersAsync(TestContext.Current.CancellationToken);
        Start();

        Assert.Empty(await listing.InTimeAsync());
    }

    [Fact]
    public async Task A_supervisor_that_is_refused_is_told_so()
    {
        await using var supervisor = new DirectorySupervisor(new LocalDirectoryOptions { SocketPath = _folder.SocketPath, Secret = "wrong" }, _log);

        await Assert.ThrowsAsync<DirectoryRefusedException>(() => supervisor.ServersAsync(TestContext.Current.CancellationToken).InTimeAsync());
    }

    [Fact]
    public async Task A_death_that_is_reported_closes_the_link_of_the_dead_process()
    {
        var process = ServerId.NewProcess();
        using var link = await RawLink.GreetAsync(_folder.SocketPath, process: process);
        await using var supervisor = new DirectorySupervisor(new LocalDirectoryOptions { SocketPath = _folder.SocketPath, Secret = SocketFolder.Secret }, _log);

        await supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken).InTimeAsync();

        await link.EndedAsync();
        Assert.Contains("reported dead", await _log.LineAsync("has ended"));
    }

    [Fact]
    public async Task A_message_that_cannot_be_encoded_is_dropped_and_the_next_one_arrives()
    {
        await using var link = _folder.NewLink(logger: _log);
        var server = await StartAsync(link);

        link.Send("/", new Submit { Life = server.Life, Epoch = 1, First = 1, Operations = [Operation.Own(new Room(RoomKind.Room, "\uDC00"), member: true, 0)] });
        await server.DescribeAsync();

        Assert.Contains("Submit", await _log.LineAsync("could not be encoded"));
    }

    [UnsupportedOSPlatform("windows")]
    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private static async Task<TestServer> StartAsync(LinkDirectory link)
    {
        var server = new TestServer(link);
        await link.StartAsync(server.Life.Process, server, TestContext.Current.CancellationToken).InTimeAsync();
        await server.ConnectedAsync();
        return server;
    }

    /// <summary>A directory that greets and then says nothing.</summary>
    private static async Task<RawLink> SilentDirectoryAsync(System.Net.Sockets.Socket listener)
    {
        var link = new RawLink(await listener.AcceptAsync(TestContext.Current.CancellationToken));
        await link.SendAsync(LinkGreeting.Write(new LinkWelcome(LinkWelcomeStatus.Welcome, ProtocolVersion.Ours, ProtocolVersion.Current)));
        await link.SkipHelloAsync();
        return link;
    }

    private void Start(LinkOptions? options = null) => _server = StartAt(_folder.SocketPath, options);

    private DirectoryServer StartAt(string path, LinkOptions? options = null) => DirectoryServer.Start(
        new DirectoryServerOptions { SocketPath = path, Secret = SocketFolder.Secret, FirstStart = true, Link = options ?? new LinkOptions() },
        _log);
}
