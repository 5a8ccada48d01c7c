using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansAdapter.Admin;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Admin;

/// <summary>Who gets into the admin UI, and how much of it.</summary>
public sealed class AdminAccessTests
{
    private const string Stranger = "203.0.113.7";

    [Fact]
    public async Task Who_logged_in_on_one_server_comes_back_to_any_by_the_session()
    {
        await using var cluster = await AdminCluster.StartAsync(2);
        await using var page = await AdminPage.OpenAsync(cluster[0]);
        var session = await page.SessionAsync();

        await using var again = await AdminPage.OpenAsync(cluster[1], new { sessionId = session });

        await again.HearsAsync("all_sockets");
        Assert.DoesNotContain(again.Told, told => told[0].ValueEquals("session"));
        var other = (session[0] == 'B' ? "C" : "B") + session[1..];
        Assert.Equal("invalid credentials", Message(await AdminPage.RefusedAsync(cluster[1], new { sessionId = other })));
        Assert.Equal("invalid credentials", Message(await AdminPage.RefusedAsync(cluster[1], new { sessionId = session + "A" })));
    }

    [Fact]
    public async Task Wrong_credentials_are_refused_logged_and_slow_the_next_attempt_down()
    {
        await using var cluster = await AdminCluster.StartAsync(dateStands: true);

        Assert.Equal("invalid credentials", Message(await AdminPage.RefusedAsync(cluster[0], new { })));
        Assert.Equal("invalid credentials", Message(await AdminPage.RefusedAsync(cluster[0], new { username = "admin", password = "wrong" })));
        var heldBack = await AdminPage.RefusedAsync(cluster[0], new { username = "admin", password = AdminCluster.Password });

        Assert.Equal("too many attempts, try again in 1 s", Message(heldBack));
        Assert.Equal(1, heldBack.GetProperty("data").GetProperty("retryAfter").GetInt32());
        Assert.Contains("wrong name or password", Assert.Single(cluster[0].Log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_right_password_with_another_name_is_wrong()
    {
        await using var cluster = await AdminCluster.StartAsync();
        Assert.Equal(
            "invalid credentials", Message(await AdminPage.RefusedAsync(cluster[0], new { username = "root", password = AdminCluster.Password })));
    }

    [Fact]
    public async Task Other_machines_are_let_in_only_where_that_was_said()
    {
        var right = new { username = "admin", password = AdminCluster.Password };
        await using var cluster = await AdminCluster.StartAsync();
        Assert.Contains("AllowRemote", Message(await AdminPage.RefusedAsync(cluster[0], right, Stranger)), StringComparison.Ordinal);

        await using var open = await AdminCluster.StartAsync(configure: options => options.AllowRemote = true);
        await using var page = await AdminPage.OpenAsync(open[0], right, Stranger);
        await page.HearsAsync("config");
    }

    /// <summary>A page of a stranger's site, whose name leads to this machine, is of the same origin as the server then.</summary>
    [Theory]
    [InlineData("rebound.example")]
    [InlineData("rebound.example:3000")]
    [InlineData("localhost.rebound.example")]
    [InlineData("127.0.0.1.rebound.example")]
    [InlineData("203.0.113.7:80")]
    public async Task Without_a_password_it_is_not_reached_by_a_name_that_only_leads_to_this_machine(string name)
    {
        await using var cluster = await AdminCluster.StartAsync(configure: Anonymous);
        Assert.Contains("localhost", Message(await AdminPage.RefusedAsync(cluster[0], new { }, named: name)), StringComparison.Ordinal);
        await using var page = await AdminPage.OpenAsync(cluster[0], new { });
        await page.HearsAsync("config");
    }

    [Fact]
    public async Task With_a_password_or_where_others_may_it_is_reached_by_any_name()
    {
        await using var cluster = await AdminCluster.StartAsync();
        await using var page = await AdminPage.OpenAsync(cluster[0], named: "admin.example");
        await page.HearsAsync("config");

        await using var open = await AdminCluster.StartAsync(configure: options =>
        {
            Anonymous(options);
            options.AllowRemote = true;
        });
        await using var other = await AdminPage.OpenAsync(open[0], new { }, named: "admin.example");
        await other.HearsAsync("config");
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LocalHost:3000", true)]
    [InlineData("app.localhost:3000", true)]
    [InlineData("127.0.0.1:3000", true)]
    [InlineData("127.1.2.3", true)]
    [InlineData("[::1]:3000", true)]
    [InlineData("[::1]", true)]
    [InlineData("", false)]
    [InlineData("notlocalhost", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("[2001:db8::1]:80", false)]
    public void Names_of_this_machine(string host, bool isThisMachine) => Assert.Equal(isThisMachine, LocalHost.Is(new HostString(host)));

    [Fact]
    public async Task It_is_not_there_unless_it_was_mapped()
    {
        await using var cluster = await AdminCluster.StartAsync(maps: false);
        Assert.Equal("Invalid namespace", Message(await AdminPage.RefusedAsync(cluster[0], new { username = "admin", password = AdminCluster.Password })));
    }

    [Fact]
    public async Task One_that_only_looks_does_nothing()
    {
        await using var cluster = await AdminCluster.StartAsync(configure: options => options.ReadOnly = true);
        var (client, id) = await cluster[0].JoinAsync();
        await using var page = await AdminPage.OpenAsync(cluster[0]);

        Assert.Equal("""{"supportedFeatures":["AGGREGATED_EVENTS","ALL_EVENTS"]}""", (await page.HearsAsync("config"))[0].GetRawText());
        await page.HearsAsync("all_sockets");
        await page.SendAsync("""42/admin,["_disconnect","/",true]""");
        await page.SendAsync($$"""42/admin,["join","/","room","{{id}}"]""");
        await client.SendAsync("""420["join","behind it"]""");
        Assert.Equal("430[]", await client.ReceiveTextAsync());
        await page.HearsAsync("room_joined", told => told[1].ValueEquals("behind it"));
        Assert.DoesNotContain(page.Told, told => told[0].ValueEquals("room_joined") && told[2].ValueEquals("room"));
    }

    [Fact]
    public async Task In_production_it_has_figures_and_no_sockets()
    {
        await using var cluster = await AdminCluster.StartAsync(2, options => options.Mode = SocketIOAdminMode.Production);
        await using var page = await AdminPage.OpenAsync(cluster[0]);
        Assert.DoesNotContain("ALL_EVENTS", (await page.HearsAsync("config"))[0].GetRawText(), StringComparison.Ordinal);
        // From the other server as well, which is the one without pages: what happens there before it watches is not counted.
        await page.HearsAsync("server_stats", told => told[0].GetProperty("namespaces").EnumerateArray()
            .Any(one => one.GetProperty("name").ValueEquals("/admin") && one.GetProperty("socketsCount").GetInt32() == 0));

        var (client, _) = await cluster[1].JoinAsync();
        await client.SendAsync("""420["join","room"]""");
        await client.ReceiveTextAsync();

        string[] types = ["rawConnection", "packetsIn", "bytesIn", "packetsOut", "bytesOut"];
        foreach (var type in types)
        {
            await page.HearsAsync("server_stats", told => Aggregated(told[0], type) > 0);
        }
        await page.HearsAsync("server_stats", told => told[0].GetProperty("namespaces").EnumerateArray()
            .Any(one => one.GetProperty("name").ValueEquals("/") && one.GetProperty("socketsCount").GetInt32() == 1));
        await client.CloseAsync();
        await page.HearsAsync("server_stats", told => Aggregated(told[0], "rawDisconnection", "transport close") == 1);
        Assert.All(page.Told, told => Assert.Contains(told[0].GetString(), (string[])["session", "config", "server_stats"]));
    }

    [Fact]
    public async Task Of_many_sockets_and_events_some_are_shown_and_it_says_so()
    {
        await using var cluster = await AdminCluster.StartAsync(
            configure: options => (options.MaxSockets, options.MaxEventsPerSecond) = (2, 3), dateStands: true);
        var (client, _) = await cluster[0].JoinAsync();
        await using var first = client;
        await using var page = await AdminPage.OpenAsync(cluster[0]);
        Assert.Equal(2, (await page.HearsAsync("all_sockets"))[0].GetArrayLength());

        var (other, _) = await cluster[0].JoinAsync();
        await using var third = other;
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync("""420["join","room"]""");
            await client.ReceiveTextAsync();
        }

        var left = await page.HearsAsync("event_sent", told => told[2][0].ValueEquals("(not all is shown)") && told[2].GetArrayLength() == 3);
        Assert.Equal("/admin", left[0].GetString());
        Assert.Equal("2 of 3 sockets are shown (MaxSockets)", left[2][1].GetString());
        Assert.EndsWith(" events were left out (MaxEventsPerSecond)", left[2][2].GetString(), StringComparison.Ordinal);
        Assert.Equal(3, page.Told.Count(told => told[0].ValueEquals("event_received")));
        Assert.DoesNotContain(page.Told, told => told[0].ValueEquals("socket_connected"));
    }

    /// <summary>With a busy hub, writing all of them as JSON would cost more than the hub itself.</summary>
    [Fact]
    public async Task Calls_of_a_hub_that_are_not_shown_are_not_written_as_JSON()
    {
        const int calls = 200;
        await using var cluster = await AdminCluster.StartAsync(configure: options => options.MaxEventsPerSecond = 1, dateStands: true);
        await using var page = await AdminPage.OpenAsync(cluster[0]);
        await page.HearsAsync("all_sockets");
        await using var hub = await TestSocket.ConnectAsync(cluster[0].Address, "/hub");
        await hub.SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        await page.HearsAsync("socket_connected");
        for (var i = 1; i <= calls; i++)
        {
            await hub.SendAsync($$"""{"type":1,"invocationId":"{{i}}","target":"Take","arguments":[{"number":7}]}""" + '\u001e');
        }
        while (!(await hub.ReceiveTextAsync()).Contains($"\"invocationId\":\"{calls}\"", StringComparison.Ordinal))
        {
        }

        Assert.Equal(1, Counted.Written);
    }

    [Fact]
    public async Task A_pages_place_is_free_again_when_it_has_gone()
    {
        await using var cluster = await AdminCluster.StartAsync(configure: options => options.MaxAdmins = 1);
        var page = await AdminPage.OpenAsync(cluster[0]);
        var session = await page.SessionAsync();
        var second = await AdminPage.RefusedAsync(cluster[0], new { sessionId = session });
        Assert.Contains("MaxAdmins", Message(second), StringComparison.Ordinal);

        await page.CloseAsync();
        while (true)
        {
            try
            {
                await using var next = await AdminPage.OpenAsync(cluster[0], new { sessionId = session });
                await next.HearsAsync("all_sockets");
                return;
            }
            catch (Xunit.Sdk.StartsWithException)
            {
                // The server has not seen the end of the first one yet.
            }
        }
    }

    [Fact]
    public async Task The_page_is_served_to_this_machine_and_loads_nothing_from_elsewhere()
    {
        var folder = Directory.CreateTempSubdirectory("oa-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "mdi", "css"));
            Directory.CreateDirectory(Path.Combine(folder.FullName, "js"));
            await WriteAsync(
                "index.html",
                """<head><link rel="stylesheet" href="https://fonts.googleapis.com/css?family=Roboto:100,300">"""
                + """<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/@mdi/font@latest/css/materialdesignicons.min.css">"""
                + """<script src="js/app.js"></script></head>""");
            await WriteAsync("js/app.js", "script");
            await WriteAsync("js/app.js.map", "map");
            await WriteAsync("mdi/css/materialdesignicons.min.css", "icons");
            await using var cluster = await AdminCluster.StartAsync(configure: options => options.PageFiles = folder.FullName);
            using var handler = new HttpClientHandler { AllowAutoRedirect = false };
            using var http = new HttpClient(handler) { BaseAddress = cluster[0].Address };

            using var moved = await http.GetAsync("/admin", Cancellation);
            using var page = await http.GetAsync("/admin/", Cancellation);
            using var script = await http.GetAsync("/admin/js/app.js", Cancellation);
            using var icons = await http.GetAsync("/admin/mdi/css/materialdesignicons.min.css", Cancellation);
            using var map = await http.GetAsync("/admin/js/app.js.map", Cancellation);
            using var fromAfar = new HttpRequestMessage(HttpMethod.Get, "/admin/") { Headers = { { "X-Forwarded-For", Stranger } } };
            using var refused = await http.SendAsync(fromAfar, Cancellation);
            await using var anonymous = await AdminCluster.StartAsync(configure: options =>
            {
                Anonymous(options);
                options.PageFiles = folder.FullName;
            });
            using var rebound = new HttpRequestMessage(HttpMethod.Get, new Uri(anonymous[0].Address, "/admin/")) { Headers = { Host = "rebound.example" } };
            using var alsoRefused = await http.SendAsync(rebound, Cancellation);
            using var named = await http.GetAsync(new Uri(anonymous[0].Address, "/admin/"), Cancellation);

            Assert.Equal((HttpStatusCode.Redirect, "/admin/"), (moved.StatusCode, moved.Headers.Location!.ToString()));
            Assert.Equal(
                """<head><link rel="stylesheet" href="mdi/css/materialdesignicons.min.css"><script src="js/app.js"></script></head>""",
                (await page.Content.ReadAsStringAsync(Cancellation)).Trim());
            Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
            Assert.Contains("default-src 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.Equal(("script", "icons"), (await script.Content.ReadAsStringAsync(Cancellation), await icons.Content.ReadAsStringAsync(Cancellation)));
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (map.StatusCode, refused.StatusCode));
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (alsoRefused.StatusCode, named.StatusCode));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Task WriteAsync(string name, string content) => File.WriteAllTextAsync(Path.Combine(folder.FullName, name), content, Cancellation);
    }

    [Theory]
    [InlineData("Username")]
    [InlineData("PasswordHash")]
    [InlineData("AllowAnonymous")]
    [InlineData("Namespace")]
    [InlineData("Mode")]
    [InlineData("SessionLifetime")]
    [InlineData("MaxSockets")]
    [InlineData("MaxEventsPerSecond")]
    [InlineData("MaxAdmins")]
    [InlineData("PageFiles")]
    public void A_wrong_option_is_named(string option)
    {
        var options = new SocketIOAdminOptions { Username = "admin", PasswordHash = AdminCluster.Hash };
        var validator = new SocketIOAdminOptionsValidator();
        Assert.True(validator.Validate(null, options).Succeeded);
        switch (option)
        {
            case "Username":
                options.Username = "";
                break;
            case "PasswordHash":
                options.PasswordHash = "changeit";
                break;
            case "AllowAnonymous":
                options.AllowAnonymous = true;
                break;
            case "Namespace":
                options.Namespace = "/a,b";
                break;
            case "Mode":
                options.Mode = (SocketIOAdminMode)7;
                break;
            case "SessionLifetime":
                options.SessionLifetime = TimeSpan.Zero;
                break;
            case "PageFiles":
                options.PageFiles = "/no/such/folder";
                break;
            default:
                typeof(SocketIOAdminOptions).GetProperty(option)!.SetValue(options, 0);
                break;
        }

        var failure = Assert.Single(validator.Validate(null, options).Failures!);

        Assert.StartsWith($"SocketIOAdminOptions.{option} ", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hash_that_would_take_seconds_to_compare_is_refused()
    {
        var options = new SocketIOAdminOptions { Username = "admin", PasswordHash = AdminCluster.Hash.Replace("$04$", "$20$", StringComparison.Ordinal) };
        Assert.Contains("cost", Assert.Single(new SocketIOAdminOptionsValidator().Validate(null, options).Failures!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_wrong_options_does_not_start() =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => AdminCluster.StartAsync(configure: options => options.Username = null));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static void Anonymous(SocketIOAdminOptions options) =>
        (options.Username, options.PasswordHash, options.AllowAnonymous) = (null, null, true);

    private static string Message(JsonElement refusal) => refusal.GetProperty("message").GetString()!;

    private static long Aggregated(JsonElement stats, string type, string? reason = null) => stats.GetProperty("aggregatedEvents").EnumerateArray()
        .Where(one => one.GetProperty("type").ValueEquals(type) && (reason is null || one.GetProperty("subType").ValueEquals(reason)))
        .Sum(one => one.GetProperty("count").GetInt64());
}
