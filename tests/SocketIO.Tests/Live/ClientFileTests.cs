using System.IO.Compression;
using System.Net;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>The browser's clients, served as the reference does.</summary>
public sealed class ClientFileTests : IDisposable
{
    private const string Script = "/*!\n * Socket.IO v4.8.3\n */\n// the client, the client, the client, the client, the client";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oa-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_the_package_has_is_served_and_nothing_else_without_any_policy_of_the_endpoint()
    {
        await using var cluster = await StartAsync();
        using var http = new HttpClient { BaseAddress = cluster[0].Address };

        using var script = await http.GetAsync("/socket.io/socket.io.min.js", Cancellation);
        using var map = await http.GetAsync("/socket.io/socket.io.min.js.map", Cancellation);
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/socket.io/socket.io.min.js"), Cancellation);

        Assert.Equal(Script, await script.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("application/javascript; charset=utf-8", script.Content.Headers.ContentType!.ToString());
        Assert.Equal("application/json; charset=utf-8", map.Content.Headers.ContentType!.ToString());
        Assert.Equal("public, max-age=0", script.Headers.CacheControl!.ToString());
        Assert.Equal("\"4.8.3\"", script.Headers.ETag!.ToString());
        Assert.NotEqual(script.Headers.ETag, map.Headers.ETag);
        Assert.Equal(Script.Length, head.Content.Headers.ContentLength);
        Assert.Equal("", await head.Content.ReadAsStringAsync(Cancellation));
        foreach (var missing in new[] { "secret.js", "socket.io.js", "..%2fsecret.js", "socket.io.min.js/" })
        {
            using var none = await http.GetAsync($"/socket.io/{missing}", Cancellation);
            Assert.True(missing.EndsWith('/') || none.StatusCode == HttpStatusCode.NotFound, missing);
        }
        using var engine = await http.GetAsync("/socket.io/?EIO=4&transport=polling", Cancellation);
        Assert.Equal(HttpStatusCode.OK, engine.StatusCode);
    }

    [Theory]
    [InlineData("\"4.8.3\"", true)]
    [InlineData("W/\"4.8.3\"", true)]
    [InlineData("\"1\", W/\"4.8.3\"", true)]
    [InlineData("*", true)]
    [InlineData("\"4.8.2\"", false)]
    [InlineData("nonsense", false)]
    public async Task A_browser_that_has_it_is_told_so(string known, bool isKnown)
    {
        await using var cluster = await StartAsync();
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/socket.io/socket.io.min.js");
        request.Headers.TryAddWithoutValidation("If-None-Match", known);

        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal(isKnown ? HttpStatusCode.NotModified : HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(isKnown ? 0 : Script.Length, (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length);
        Assert.Equal("\"4.8.3\"", response.Headers.ETag!.ToString());
    }

    [Theory]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("gzip, br;q=0", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("identity", null)]
    [InlineData("zstd, ???", null)]
    public async Task It_is_compressed_as_the_browser_likes(string accepted, string? encoding)
    {
        await using var cluster = await StartAsync();
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        for (var time = 0; time < 2; time++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/socket.io/socket.io.min.js");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
            using var response = await http.SendAsync(request, Cancellation);
            var body = await response.Content.ReadAsStreamAsync(Cancellation);
            using var reader = new StreamReader(encoding switch
            {
                "br" => new BrotliStream(body, CompressionMode.Decompress),
                "gzip" => new GZipStream(body, CompressionMode.Decompress),
                "deflate" => new ZLibStream(body, CompressionMode.Decompress),
                _ => body,
            });

            Assert.Equal(encoding, response.Content.Headers.ContentEncoding.SingleOrDefault());
            Assert.Equal(["Accept-Encoding"], response.Headers.Vary);
            Assert.Equal(Script, await reader.ReadToEndAsync(Cancellation));
        }
    }

    [Fact]
    public async Task Pages_of_other_origins_may_have_it_where_they_may_connect()
    {
        await using var cluster = await StartAsync(options => options.Cors = cors => cors.WithOrigins("https://friend.example"));
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/socket.io/socket.io.min.js");
        request.Headers.Add("Origin", "https://friend.example");

        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal("https://friend.example", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task It_is_not_served_where_that_was_said()
    {
        await using var cluster = await StartAsync(options => options.ServeClient = false);
        using var http = new HttpClient { BaseAddress = cluster[0].Address };

        using var response = await http.GetAsync("/socket.io/socket.io.min.js", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private async Task<SocketIOCluster> StartAsync(Action<SocketIOOptions>? configure = null)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "socket.io.min.js"), Script, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "socket.io.min.js.map"), "{}", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "secret.js"), "no", Cancellation);
        return await SocketIOCluster.StartAsync(configure: options =>
        {
            options.ClientFiles = _folder.FullName;
            configure?.Invoke(options);
        });
    }
}
