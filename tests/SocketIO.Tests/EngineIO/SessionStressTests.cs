using System.Text.Json;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

/// <summary>Many sessions at once, each with polls, posts and an upgrade in the middle of them: nothing is lost, doubled or out of order.</summary>
public sealed class SessionStressTests
{
    private const int Sessions = 40;
    private const int Messages = 200;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public async Task What_is_sent_comes_back_in_order_over_the_upgrade(int seed)
    {
        await using var host = await EngineHost.StartAsync(options => options.PingInterval = options.UpgradeTimeout = TimeSpan.FromDays(20));
        await Task.WhenAll(
            Enumerable.Range(0, Sessions).Select(
                i => Task.Run(() => RunAsync(host, new Random((1000 * seed) + i), $"seed {seed}, session {i}"), Cancellation)));
        while (host.Sessions.Reader.TryRead(out var session))
        {
            Assert.False(session.Overlapped);
        }
    }

    private static async Task RunAsync(EngineHost host, Random random, string what)
    {
        var body = await host.Http.GetStringAsync("/engine.io/?EIO=4&transport=polling", Cancellation);
        using var handshake = JsonDocument.Parse(body.AsMemory(1));
        var sid = handshake.RootElement.GetProperty("sid").GetString()!;
        var path = PollingTests.Path(sid);
        var upgradeAt = random.Next(Messages);
        List<string> heard = [];
        var pausing = false;
        var polling = PollAsync();
        var sent = 0;
        while (sent < upgradeAt)
        {
            var count = Math.Min(random.Next(1, 4), upgradeAt - sent);
            using var response = await host.Http.PostAsync(
                path, new StringContent(string.Join('\u001e', Enumerable.Range(sent + 1, count).Select(n => $"4{n}"))), Cancellation);
            response.EnsureSuccessStatusCode();
            sent += count;
        }
        await using var socket = await TestSocket.ConnectAsync(host.Address, $"/engine.io/?EIO=4&transport=websocket&sid={sid}");
        await socket.SendAsync("2probe");
        Assert.Equal("3probe", await socket.ReceiveAsync());
        Volatile.Write(ref pausing, true);
        while (!polling.IsCompleted)
        {
            host.Time.Advance(TimeSpan.FromMilliseconds(100)); // a GET that waits is answered then
            await Task.Yield();
        }
        await polling;
        await socket.SendAsync("5");
        while (sent < Messages)
        {
            await socket.SendAsync($"4{++sent}");
        }
        while (heard.Count < Messages)
        {
            heard.Add((await socket.ReceiveTextAsync())[1..]);
        }
        Assert.True(Enumerable.Range(1, Messages).Select(n => $"{n}").SequenceEqual(heard), $"{what}, upgraded after {upgradeAt}: {string.Join(' ', heard)}");

        async Task PollAsync()
        {
            while (!Volatile.Read(ref pausing))
            {
                foreach (var packet in (await host.Http.GetStringAsync(path, Cancellation)).Split('\u001e'))
                {
                    if (packet != "6")
                    {
                        heard.Add(packet[1..]);
                    }
                }
            }
        }
    }
}
