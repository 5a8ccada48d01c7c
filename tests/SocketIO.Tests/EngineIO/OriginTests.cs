using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

/// <summary>Which pages may open a WebSocket. Browsers do not ask; the session's cookies go with it.</summary>
public sealed class OriginTests
{
    private const string Path = "/engine.io/?EIO=4&transport=websocket";

    [Theory]
    [InlineData(null, "chat.example", null, 101)]
    [InlineData("https://evil.example", "chat.example", null, 403)]
    [InlineData("null", "chat.example", null, 403)]
    [InlineData("https://chat.example.evil.example", "chat.example", null, 403)]
    [InlineData("https://evil.example", "chat.example", "cross-site", 403)]
    [InlineData("https://evil.example", "chat.example", "same-site", 403)]
    [InlineData("https://chat.example", "chat.example", null, 101)]
    [InlineData("http://chat.example", "CHAT.example", null, 101)]
    [InlineData("http://localhost:8080", "localhost", null, 101)]
    [InlineData("http://localhost:8080", "localhost:8080", null, 101)]
    [InlineData("http://localhost:8081", "localhost:8080", null, 403)]
    [InlineData("https://chat.example", "upstream", "same-origin", 101)]
    [InlineData("https://friend.example", "chat.example", "cross-site", 101)]
    public async Task A_page_of_another_site_is_refused(string? origin, string host, string? site, int status)
    {
        await using var server = await EngineHost.StartAsync(options => options.Cors = policy => policy.WithOrigins("https://friend.example"));
        Assert.Equal(status, await UpgradeAsync(server, origin, host, site));
    }

    [Fact]
    public async Task A_page_of_another_site_is_refused_where_nothing_was_configured()
    {
        await using var server = await EngineHost.StartAsync();
        Assert.Equal(403, await UpgradeAsync(server, "https://evil.example", "chat.example", null));
        Assert.Equal(101, await UpgradeAsync(server, "https://chat.example", "chat.example", null));
        Assert.Equal(101, await UpgradeAsync(server, null, "chat.example", null));
    }

    private static async Task<int> UpgradeAsync(EngineHost server, string? origin, string host, string? site)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Host = host;
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }
        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
