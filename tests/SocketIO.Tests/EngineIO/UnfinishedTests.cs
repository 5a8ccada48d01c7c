using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

/// <summary>Clients that begin what they do not end: what is held for them, and for how long.</summary>
public sealed class UnfinishedTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_POST_takes_memory_for_what_has_come_of_it_not_for_what_it_announced()
    {
        const int count = 50;
        await using var host = await EngineHost.StartAsync();
        List<TcpClient> clients = [];
        for (var i = 0; i < count; i++)
        {
            clients.Add(await BeginPostAsync(host, await OpenAsync(host), length: 999_999, body: "4"));
        }
        await UntilAsync(() => host.Server.Unfinished.Held >= count);

        Assert.InRange(host.Server.Unfinished.Held, count, count * 1024);
        clients.ForEach(client => client.Dispose());
        await UntilAsync(() => host.Server.Unfinished.Held == 0);
    }

    [Fact]
    public async Task A_POST_that_does_not_fit_beside_the_others_is_refused_and_its_session_lives()
    {
        await using var host = await EngineHost.StartAsync(options => (options.MaxHttpBufferSize, options.MaxUnfinishedBytes) = (100_000, 100_000));
        using var first = await BeginPostAsync(host, await OpenAsync(host), 99_999, "4" + new string('x', 60_000));
        await UntilAsync(() => host.Server.Unfinished.Held >= 60_000);
        var path = await OpenAsync(host);
        using var second = await BeginPostAsync(host, path, 99_999, "4" + new string('x', 60_000));

        Assert.Equal("HTTP/1.1 503", await StatusAsync(second));
        using var small = await host.Http.PostAsync(path, new StringContent("4hello"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        Assert.Equal("4hello", await host.Http.GetStringAsync(path, Cancellation));
        Assert.Equal(2, host.Server.SessionCount);
    }

    [Fact]
    public async Task A_POST_that_does_not_come_to_its_end_is_ended_with_its_session()
    {
        await using var host = await EngineHost.StartAsync(options => options.UnfinishedTimeout = TimeSpan.FromSeconds(10));
        using var client = await BeginPostAsync(host, await OpenAsync(host), 1000, "4abc");
        var session = await host.NextSessionAsync();
        await UntilAsync(() => host.Server.Unfinished.Held > 0);
        host.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, host.Server.SessionCount);
        host.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("HTTP/1.1 408", await StatusAsync(client));
        Assert.Contains(nameof(EngineIOOptions.UnfinishedTimeout), (await session.Ended).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_POST_that_is_no_HTTP_is_refused_alone()
    {
        await using var host = await EngineHost.StartAsync();
        var path = await OpenAsync(host);
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port, Cancellation);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n4a\r\n0\r\nX: \0\r\n\r\n"), Cancellation);

        Assert.Equal("HTTP/1.1 400", await StatusAsync(client));
        using var next = await host.Http.PostAsync(path, new StringContent("4b"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        Assert.Equal("4b", await host.Http.GetStringAsync(path, Cancellation));
    }

    [Fact]
    public async Task A_WebSocket_message_that_does_not_fit_beside_the_others_ends_its_own_connection_only()
    {
        await using var host = await EngineHost.StartAsync(options => (options.MaxHttpBufferSize, options.MaxUnfinishedBytes) = (100_000, 100_000));
        using var first = await BeginPostAsync(host, await OpenAsync(host), 99_999, "4" + new string('x', 60_000));
        await UntilAsync(() => host.Server.Unfinished.Held >= 60_000);
        await using var good = await TestSocket.ConnectAsync(host.Address, "/engine.io/?EIO=4&transport=websocket");
        await good.ReceiveAsync();
        await using var bad = await TestSocket.ConnectAsync(host.Address, "/engine.io/?EIO=4&transport=websocket");
        await bad.ReceiveAsync();
        await bad.SendPartAsync(new byte[60_000]);

        Assert.Empty(await bad.ReceiveToEndAsync());
        Assert.Equal(1013, (int?)bad.CloseStatus);
        await good.SendAsync("4hello");
        Assert.Equal("4hello", await good.ReceiveAsync());
    }

    [Fact]
    public void What_is_held_is_counted_once_and_given_back()
    {
        var all = new UnfinishedBytes(100);
        var (a, b) = (new UnfinishedShare(all), new UnfinishedShare(all));

        Assert.True(a.TryHold(60));
        Assert.True(a.TryHold(40));
        Assert.False(b.TryHold(41));
        Assert.True(b.TryHold(40));
        Assert.Equal(100, all.Held);
        a.Release();
        a.End();
        Assert.True(a.TryHold(1000)); // ended: holds nothing any more
        Assert.Equal(40, all.Held);
        b.End();
        b.End();
        Assert.Equal(0, all.Held);
    }

    private static async Task<string> OpenAsync(EngineHost host)
    {
        var body = await host.Http.GetStringAsync("/engine.io/?EIO=4&transport=polling", Cancellation);
        return PollingTests.Path(body.Split('"')[3]);
    }

    private static async Task<TcpClient> BeginPostAsync(EngineHost host, string path, int length, string body)
    {
        var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port, Cancellation);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}"), Cancellation);
        return client;
    }

    private static async Task<string> StatusAsync(TcpClient client)
    {
        var line = new byte[12];
        await client.GetStream().ReadExactlyAsync(line, Cancellation).AsTask().InTimeAsync();
        return Encoding.ASCII.GetString(line);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
