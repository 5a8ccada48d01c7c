using System.Text;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Codec;
using OrleansAdapter.Grains.Local;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>Whatever a link does wrong ends that link, with a reason in the log; a good link beside it goes on.</summary>
public sealed class LinkRefusalTests : IAsyncLifetime
{
    private readonly SocketFolder _folder = new();
    private readonly LogSink _log = new();
    private DirectoryServer? _server;
    private LinkDirectory? _good;

    public async ValueTask InitializeAsync()
    {
        Start(new LinkOptions());
        _good = _folder.NewLink();
        await _good.StartAsync(ServerId.NewProcess(), new TestServer(_good), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _good!.DisposeAsync();
        await _server!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_for_good()
    {
        await using var link = _folder.NewLink(target: new LinkTarget(_folder.SocketPath, LinkGreeting.Secret("not the secret"), LinkRole.Worker));

        var refused = await Assert.ThrowsAsync<DirectoryRefusedException>(() => StartAsync(link));

        Assert.Contains("secret", refused.Message);
        Assert.Contains("secret is wrong", await _log.LineAsync("refused"));
        await TheGoodLinkWorksAsync();
    }

    [Theory]
    [InlineData(3, 4, "versions 3 to 4")]
    [InlineData(7, 7, "version 7")]
    public async Task Without_a_version_in_common_both_sides_name_both_ranges(byte oldest, byte current, string theirs)
    {
        var target = new LinkTarget(_folder.SocketPath, LinkGreeting.Secret(SocketFolder.Secret), LinkRole.Worker) { Versions = new ProtocolRange(oldest, current) };
        await using var link = _folder.NewLink(target: target);

        var refused = await Assert.ThrowsAsync<DirectoryRefusedException>(() => StartAsync(link));
        var line = await _log.LineAsync("refused");

        Assert.All([refused.Message, line], text => Assert.Contains(theirs, text));
        Assert.All([refused.Message, line], text => Assert.Contains(ProtocolVersion.Ours.ToString(), text));
        await TheGoodLinkWorksAsync();
    }

    [Fact]
    public async Task A_newer_process_that_still_speaks_our_version_is_let_in()
    {
        var target = new LinkTarget(_folder.SocketPath, LinkGreeting.Secret(SocketFolder.Secret), LinkRole.Worker)
        {
            Versions = new ProtocolRange(ProtocolVersion.Current, ProtocolVersion.Current + 1),
        };
        await using var link = _folder.NewLink(target: target);

        await StartAsync(link);

        Assert.Empty(await link.ServersAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Garbage_in_place_of_a_greeting_ends_the_link()
    {
        using var link = await RawLink.ConnectAsync(_folder.SocketPath);

        await link.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        await link.EndedAsync();
        Assert.Contains("does not begin with the greeting", await _log.LineAsync("before it was greeted"));
        await TheGoodLinkWorksAsync();
    }

    [Fact]
    public async Task A_greeting_that_announces_too_much_ends_the_link()
    {
        using var link = await RawLink.ConnectAsync(_folder.SocketPath);

        await link.SendAsync((byte[])[.. "OrlnsDir"u8, 0xFF, 0xFF]);

        await link.EndedAsync();
        Assert.Contains("announces 65535 bytes", await _log.LineAsync("before it was greeted"));
    }

    [Fact]
    public async Task A_process_that_leaves_within_its_greeting_is_told_to_the_log()
    {
        using (var link = await RawLink.ConnectAsync(_folder.SocketPath))
        {
            await link.SendAsync(LinkGreeting.Write(RawLink.Hello()).AsMemory(0, 12));
        }

        Assert.Contains("ended before the greeting was complete", await _log.LineAsync("before it was greeted"));
    }

    [Fact]
    public async Task A_greeting_that_does_not_come_in_time_ends_the_link()
    {
        await RestartAsync(new LinkOptions { GreetingTimeout = TimeSpan.FromMilliseconds(50) });
        using var link = await RawLink.ConnectAsync(_folder.SocketPath);

        await link.SendAsync(LinkGreeting.Write(RawLink.Hello()).AsMemory(0, 12));

        await link.EndedAsync();
        Assert.Contains("No greeting came within 00:00:00.05", await _log.LineAsync("before it was greeted"));
    }

    [Fact]
    public async Task A_greeting_may_come_byte_by_byte()
    {
        using var link = await RawLink.ConnectAsync(_folder.SocketPath);

        foreach (var one in LinkGreeting.Write(RawLink.Hello()))
        {
            await link.SendAsync(new[] { one });
        }

        Assert.Equal(LinkWelcomeStatus.Welcome, (await link.WelcomeAsync()).Status);
    }

    [Fact]
    public async Task Frames_that_are_garbage_end_the_link()
    {
        using var link = await RawLink.GreetAsync(_folder.SocketPath);

        await link.SendAsync(Encoding.ASCII.GetBytes(new string('x', 100)));

        await link.EndedAsync();
        Assert.Contains("A frame announces", await _log.LineAsync("has ended"));
        await TheGoodLinkWorksAsync();
    }

    [Fact]
    public async Task A_message_over_the_limit_ends_the_link()
    {
        await RestartAsync(new LinkOptions { MaximumMessageBytes = 2 << 20 });
        using var link = await RawLink.GreetAsync(_folder.SocketPath);

        var sending = Task.Run(() => link.SendFrameAsync(new byte[(2 << 20) + 1]), TestContext.Current.CancellationToken);

        await link.EndedAsync();
        Assert.Contains("has ended", await _log.LineAsync("more than 2097152 bytes"));
        await sending.ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    [Theory]
    [InlineData(new byte[] { 0 }, "packet type 0")]
    [InlineData(new byte[] { 2, 0 }, "packet type 2")]
    [InlineData(new byte[] { 1, 1, 47, 9, 1 }, "version 9")]
    [InlineData(new byte[] { 1, 1, 47, 1, 99 }, "message type 99")]
    [InlineData(new byte[] { 1, 1, 47, 1, 5, 0, 0 }, "cut off")]
    [InlineData(new byte[] { 1, 50, 47 }, "announces 50")]
    [InlineData(new byte[] { 4, 1, 1 }, "too many")]
    public async Task A_message_that_is_none_ends_the_link(byte[] message, string reason)
    {
        using var link = await RawLink.GreetAsync(_folder.SocketPath);

        await link.SendFrameAsync(message);

        await link.EndedAsync();
        Assert.Contains(reason, await _log.LineAsync("has ended"));
        await TheGoodLinkWorksAsync();
    }

    [Fact]
    public async Task Only_a_supervisor_reports_the_death_of_others_and_only_a_worker_talks_to_homes()
    {
        using var worker = await RawLink.GreetAsync(_folder.SocketPath);
        await worker.SendAsync(LinkPacket.ReportDeath(1, ServerId.NewProcess()));
        await worker.EndedAsync();
        Assert.Contains("Only a Supervisor reports the death of others", await _log.LineAsync("has ended"));

        using var supervisor = await RawLink.GreetAsync(_folder.SocketPath, LinkRole.Supervisor);
        await supervisor.SendAsync(LinkPacket.Of("/", new Renew { Life = ServerId.NewProcess(), Epoch = 1, Handled = 0 }));
        await supervisor.EndedAsync();
        Assert.Contains("Only a Worker talks to homes", await _log.LineAsync("has ended"));

        Assert.Throws<InvalidOperationException>(() => { _ = _good!.ReportDeathAsync(ServerId.NewProcess(), TestContext.Current.CancellationToken); });
        await TheGoodLinkWorksAsync();
    }

    [Fact]
    public async Task A_thousand_links_of_random_bytes_disturb_nobody()
    {
        var random = new Random(99);
        for (var i = 0; i < 1_000; i++)
        {
            using var link = i % 2 == 0 ? await RawLink.ConnectAsync(_folder.SocketPath) : await RawLink.GreetAsync(_folder.SocketPath);
            var junk = new byte[random.Next(1, 400)];
            random.NextBytes(junk);
            if (i % 4 == 1)
            {
                BitConverter.TryWriteBytes(junk.AsSpan(0, Math.Min(4, junk.Length)), junk.Length - 4);
            }
            await link.SendAsync(junk);
        }

        await TheGoodLinkWorksAsync();
        Assert.DoesNotContain(_log.All, line => line.Level >= LogLevel.Error);
    }

    private static Task StartAsync(LinkDirectory link) =>
        link.StartAsync(ServerId.NewProcess(), new TestServer(link), TestContext.Current.CancellationToken).InTimeAsync();

    private async Task TheGoodLinkWorksAsync() => Assert.Empty(await _good!.ServersAsync(TestContext.Current.CancellationToken));

    private void Start(LinkOptions options) => _server = DirectoryServer.Start(
        new DirectoryServerOptions { SocketPath = _folder.SocketPath, Secret = SocketFolder.Secret, FirstStart = true, Link = options },
        _log);

    private async Task RestartAsync(LinkOptions options)
    {
        await _server!.DisposeAsync();
        Start(options);
    }
}
