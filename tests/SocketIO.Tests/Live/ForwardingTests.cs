using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Requests that come to a server which does not have their session: they are passed on to the one that has.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private readonly ForwardingFolder _folder = new();
    private readonly ConcurrentQueue<string> _seen = new();
    private readonly HttpClient _http = new();
    private SocketIOCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await StartAsync(3);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_session_of_long_polling_works_whichever_server_its_requests_come_to()
    {
        var sid = await OpenAsync(0);
        Assert.Equal("ok", await PostAsync(1, sid, "40"));
        Assert.StartsWith("40{\"sid\"", await PollAsync(2, sid), StringComparison.Ordinal);
        var text = string.Concat(Enumerable.Repeat("größer – 更大 – 🙂 ", 5000));
        Assert.Equal("ok", await PostAsync(2, sid, $"420[\"echo\",{JsonSerializer.Serialize(text)}]"));
        var answer = await PollAsync(1, sid);
        Assert.StartsWith("430[", answer, StringComparison.Ordinal);
        Assert.Equal(text, JsonSerializer.Deserialize<string[]>(answer[3..])![0]);

        var waiting = PollAsync(1, sid);
        await _cluster[2].IO.Emit("said", "to all");
        Assert.Equal("42[\"said\",\"to all\"]", await waiting);
        Assert.Equal("ok", await PostAsync(1, sid, "1"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(0, sid));
    }

    [Fact]
    public async Task A_session_is_upgraded_by_a_server_that_does_not_have_it()
    {
        var sid = await OpenAsync(0);
        await PostAsync(0, sid, "40");
        await PollAsync(0, sid);
        await using var socket = await TestSocket.ConnectAsync(_cluster[1].Address, $"/socket.io/?EIO=4&transport=websocket&sid={sid}");
        await socket.SendAsync("2probe");
        Assert.Equal("3probe", await socket.ReceiveAsync());
        await socket.SendAsync("5");
        await socket.SendAsync("421[\"echo\",\"over\"]");
        Assert.Equal("431[\"over\"]", await socket.ReceiveAsync());
        await socket.SendAsync("451-2[\"echo\",{\"_placeholder\":true,\"num\":0}]");
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        await socket.SendAsync(bytes);
        Assert.Equal("461-2[{\"_placeholder\":true,\"num\":0}]", await socket.ReceiveAsync());
        Assert.Equal(bytes, await socket.ReceiveAsync());
        await _cluster[2].IO.Emit("said", 1);
        Assert.Equal("42[\"said\",1]", await socket.ReceiveAsync());
        await _cluster[2].IO.DisconnectSocketsAsync(close: true);
        Assert.Equal(["41"], await socket.ReceiveToEndAsync());
    }

    [Fact]
    public async Task One_connection_may_carry_requests_of_sessions_of_several_servers()
    {
        using var one = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = _cluster[1].Address };
        var sids = new[] { await OpenAsync(0), await OpenAsync(1), await OpenAsync(2) };
        for (var round = 0; round < 3; round++)
        {
            foreach (var sid in sids)
            {
                if (round == 0)
                {
                    await PostAsync(one, sid, "40");
                    await one.GetStringAsync(Query(sid), Cancellation);
                }
                await PostAsync(one, sid, $"42{round}[\"echo\",\"{sid}\"]");
                Assert.Equal($"43{round}[\"{sid}\"]", await one.GetStringAsync(Query(sid), Cancellation));
            }
        }
    }

    [Fact]
    public async Task The_application_sees_the_client_as_the_first_server_did_and_nobody_can_forge_that()
    {
        var sid = await OpenAsync(0);
        await PollAsync(1, sid, async () => await PostAsync(1, sid, "40"));
        _seen.Clear();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(_cluster[1].Address, Query(sid)))
        { Content = new StringContent("421[\"echo\",1]") };
        request.Headers.Host = "shop.example:8443";
        request.Headers.Add("OrleansAdapter-Secret", "a guess");
        request.Headers.Add("OrleansAdapter-Remote", "1.2.3.4:5");
        request.Headers.Add("OrleansAdapter-Scheme", "gopher");
        request.Headers.Add("OrleansAdapter-Other", "x");
        request.Headers.Add("X-Forwarded-For", "9.9.9.9");
        using var response = await _http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        // On the server it came to, headers of ours from a client mean nothing.
        Assert.Equal(["127.0.0.1 http shop.example:8443 4 9.9.9.9", "127.0.0.1 http shop.example:8443 0 9.9.9.9"], _seen);
    }

    [Fact]
    public async Task A_session_of_a_server_that_is_gone_or_never_was_is_unknown_at_once()
    {
        await using var silent = await FakeServer.StartAsync(_cluster.NewDirectory(), _ => null);
        await using var gone = await FakeServer.StartAsync(_cluster.NewDirectory(), id => $"unix:{_folder.SocketOf(id)}");
        foreach (var server in new[] { ServerId.NewProcess(), silent.Id, gone.Id })
        {
            await AssertUnknownAsync(1, SocketId.New(server).ToString());
            var error = await Assert.ThrowsAnyAsync<Exception>(
                () => TestSocket.ConnectAsync(_cluster[1].Address, $"/socket.io/?EIO=4&transport=websocket&sid={SocketId.New(server)}"));
            Assert.Contains("400", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_ends_in_the_middle_of_a_request_ends_the_request()
    {
        await using var ending = await FakeServer.StartAsync(_cluster.NewDirectory(), id => $"unix:{_folder.SocketOf(id)}");
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var serving = ending.HangUpAsync(_folder.SocketOf(ending.Id), arrived, end.Task);
        var asking = AssertUnknownAsync(2, SocketId.New(ending.Id).ToString());
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.False(asking.IsCompleted);
        end.SetResult();
        await asking;
        await serving;
    }

    [Fact]
    public async Task A_request_is_passed_on_once_and_never_again()
    {
        using var asServer = _folder.To(ProcessOf(1));
        var loops = 0L;
        using var listener = Measure(_cluster[1], "orleansadapter.forwarding.loops", value => Interlocked.Add(ref loops, value));

        using var response = await asServer.GetAsync($"http://server{Query(await OpenAsync(0))}", Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, 1), (response.StatusCode, Interlocked.Read(ref loops)));
    }

    [Fact]
    public async Task Without_the_secret_the_servers_endpoint_lets_nobody_in()
    {
        var sid = await OpenAsync(0);
        foreach (var secret in new[] { null, "", "wrong", ForwardingFolder.Secret + "x", ForwardingFolder.Secret[..^1] })
        {
            using var http = _folder.To(ProcessOf(0), secret);
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://server" + Query(sid));
            request.Headers.TryAddWithoutValidation("OrleansAdapter-Secret", ForwardingFolder.Secret);
            await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync(request, Cancellation));
        }
    }

    [Fact]
    public async Task A_proof_for_one_server_is_none_for_another()
    {
        File.CreateSymbolicLink(_folder.SocketOf(Elsewhere), _folder.SocketOf(ProcessOf(0)));
        using var http = _folder.To(Elsewhere);
        var sid = await OpenAsync(0);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("http://server" + Query(sid), Cancellation));
    }

    /// <summary>
    /// Whoever could write into the list of servers would be sent clients' cookies: what listens at an address that no server of the cluster would write is
    /// not even connected to, and what listens at one that is well written hears no request before it has proved to be that server.
    /// </summary>
    [Theory]
    [InlineData("unix:{0}", false)]
    [InlineData("unix:{1}/../{2}", false)]
    [InlineData("http://{3}", false)]
    [InlineData("unix:{1}", true)]
    public async Task A_false_server_is_sent_nothing_of_a_client(string address, bool isWellWritten)
    {
        const int greetingAndNonce = 40;
        using var tcp = new TcpListener(IPAddress.Loopback, 0);
        tcp.Start();
        var path = "";
        await using var server = await FakeServer.StartAsync(_cluster.NewDirectory(), id =>
        {
            path = isWellWritten || address.Contains("..", StringComparison.Ordinal) ? _folder.SocketOf(id) : _folder.SocketOf(Elsewhere);
            return string.Format(
                System.Globalization.CultureInfo.InvariantCulture, address, path, _folder.SocketOf(id), Path.GetFileName(path), tcp.LocalEndpoint);
        });
        using var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        unix.Bind(new UnixDomainSocketEndPoint(path));
        unix.Listen();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var heard = Task.WhenAll(HearAsync(unix, over.Token), HearAsync(tcp.Server, over.Token));

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_cluster[1].Address, Query(SocketId.New(server.Id).ToString())));
        request.Headers.Add("Cookie", "session=of-a-client");
        using var response = await _http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await over.CancelAsync();
        Assert.Equal(isWellWritten ? greetingAndNonce : 0, (await heard).Sum());
    }

    [Fact]
    public async Task A_server_with_another_secret_is_told_so_in_the_log_and_its_clients_that_their_sessions_are_unknown()
    {
        await using var other = await StartOneAsync(_cluster.NewDirectory(), "another-secret-altogether");
        var sid = await OpenAsync(0);
        using var response = await _http.GetAsync(new Uri(other.Address, Query(sid)), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(other.Log.Errors, line => line.Contains("Forwarding:Secret", StringComparison.Ordinal));
        // It is logged when the other server has hung up, of which its own client's answer does not wait.
        await UntilAsync(
            () => _cluster[0].Log.Errors.Any(line => line.Contains("endpoint that is for servers only was closed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_client_that_gives_up_its_poll_here_has_given_it_up_there()
    {
        var sid = await OpenAsync(0);
        await PostAsync(1, sid, "40");
        await PollAsync(1, sid);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = _http.GetAsync(new Uri(_cluster[1].Address, Query(sid)), giveUp.Token);
        var session = _cluster[0].IO.Engine.Find(sid)!;
        await UntilAsync(() => session.IsWritable);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await UntilAsync(() => _cluster[0].IO.Engine.Find(sid) is null);
    }

    [Fact]
    public async Task Servers_reach_each_other_by_TCP_where_they_are_told_to()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            2, serve: Serve, build: builder => builder.Services.Configure<OrleansAdapterOptions>(options =>
        {
            options.Forwarding.Listen = "127.0.0.1:0";
            options.Forwarding.AdvertisedAddress = "localhost";
            options.Forwarding.Secret = ForwardingFolder.Secret;
        }));
        Assert.StartsWith("http://localhost:", cluster[0].Services.GetRequiredService<ThisServer>().Address, StringComparison.Ordinal);
        var sid = await OpenAsync(cluster[0]);
        using var http = new HttpClient { BaseAddress = cluster[1].Address };
        await PostAsync(http, sid, "40");
        Assert.StartsWith("40{", await http.GetStringAsync(Query(sid), Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relative", null, null, "SocketDirectory")]
    [InlineData("/tmp", "short", null, "Secret")]
    [InlineData("/tmp", "with spaces and more", null, "Secret")]
    [InlineData(null, "a-secret-of-the-tests", "nowhere", "Listen")]
    [InlineData(null, "a-secret-of-the-tests", "10.0.0.1", "Listen")]
    [InlineData(null, "a-secret-of-the-tests", "0.0.0.0:1", "AdvertisedAddress")]
    public async Task Wrong_options_stop_the_start_and_are_named(string? folder, string? secret, string? listen, string option)
    {
        var exception = await Assert.ThrowsAnyAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => SocketIOCluster.StartAsync(build: builder => builder.Services.Configure<OrleansAdapterOptions>(options =>
            (options.Forwarding.SocketDirectory, options.Forwarding.Secret, options.Forwarding.Listen) = (folder, secret, listen))));

        Assert.Contains($"OrleansAdapterOptions.Forwarding.{option} ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_is_not_passed_on_costs_no_memory_for_it()
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.QueryString = new Microsoft.AspNetCore.Http.QueryString($"?EIO=4&transport=polling&t=abc&sid={SocketId.New(ServerId.NewProcess())}");
        Assert.True(OrleansAdapter.EngineIO.EngineQuery.TryReadOwner(context, out _));
        Assert.Equal(0, Allocated.ByEach(1000, () => OrleansAdapter.EngineIO.EngineQuery.TryReadOwner(context, out _)));
    }

    private static string Query(string sid) => $"/socket.io/?EIO=4&transport=polling&sid={sid}";

    private static void Serve(SocketIOServer io) => io.On("echo", (JsonElement value) => value);

    /// <summary>A process that no server has.</summary>
    private static ServerId Elsewhere { get; } = ServerId.NewProcess();

    private ServerId ProcessOf(int server) => _cluster[server].Services.GetRequiredService<ThisServer>().Process;

    /// <summary>Takes one connection, and hangs up behind the first bytes; returns how many there were.</summary>
    private static async Task<int> HearAsync(Socket listener, CancellationToken over)
    {
        try
        {
            using var connection = await listener.AcceptAsync(over);
            return await connection.ReceiveAsync(new byte[16 << 10], over);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private static MeterListener Measure(SocketIOHost host, string name, Action<long> add)
    {
        var scope = host.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, scope))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => add(value));
        listener.Start();
        return listener;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var since = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(30), "It never came to be.");
            await Task.Delay(5, Cancellation);
        }
    }

    private Task<SocketIOCluster> StartAsync(int servers) => SocketIOCluster.StartAsync(servers, serve: Both, build: Build, map: Watch);

    private Task<SocketIOHost> StartOneAsync(IDirectory directory, string secret) => SocketIOHost.StartAsync(
        new OrleansAdapter.Tests.Directories.TestDirectory(directory),
        null,
        Both,
        builder => builder.Services.Configure<OrleansAdapterOptions>(options =>
        {
            _folder.Configure(options);
            options.Forwarding.Secret = secret;
        }),
        null);

    /// <summary>An echo of anything, bytes too.</summary>
    private static void Both(SocketIOServer io) => io.On("echo", (SocketIOEvent @event) =>
        @event.Ack.Send(@event.Arguments.IsBytes(0) ? @event.Arguments.Get<byte[]>(0) : @event.Arguments.Get<JsonElement>(0)));

    private void Build(WebApplicationBuilder builder) => builder.Services.Configure<OrleansAdapterOptions>(_folder.Configure);

    /// <summary>Notes what the application sees of each request, before its endpoint does.</summary>
    private void Watch(WebApplication app, IEndpointConventionBuilder endpoint) => app.Use((context, next) =>
    {
        var ours = context.Request.Headers.Keys.Count(name => name.StartsWith("OrleansAdapter-", StringComparison.OrdinalIgnoreCase));
        _seen.Enqueue(
            $"{context.Connection.RemoteIpAddress} {context.Request.Scheme} {context.Request.Host} {ours} {context.Request.Headers["X-Forwarded-For"]}");
        return next(context);
    });

    private Task<string> OpenAsync(int server) => OpenAsync(_cluster[server]);

    private async Task<string> OpenAsync(SocketIOHost server)
    {
        var handshake = await _http.GetStringAsync(new Uri(server.Address, "/socket.io/?EIO=4&transport=polling"), Cancellation);
        return JsonDocument.Parse(handshake[1..]).RootElement.GetProperty("sid").GetString()!;
    }

    private async Task<string> PollAsync(int server, string sid, Func<Task>? before = null)
    {
        if (before is not null)
        {
            await before();
        }
        return await _http.GetStringAsync(new Uri(_cluster[server].Address, Query(sid)), Cancellation);
    }

    private async Task<string> PostAsync(int server, string sid, string body)
    {
        using var response = await _http.PostAsync(new Uri(_cluster[server].Address, Query(sid)), new StringContent(body, Encoding.UTF8), Cancellation);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task PostAsync(HttpClient http, string sid, string body)
    {
        using var response = await http.PostAsync(Query(sid), new StringContent(body, Encoding.UTF8), Cancellation);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<HttpStatusCode> StatusAsync(int server, string sid)
    {
        using var response = await _http.GetAsync(new Uri(_cluster[server].Address, Query(sid)), Cancellation);
        return response.StatusCode;
    }

    private async Task AssertUnknownAsync(int server, string sid)
    {
        using var response = await _http.GetAsync(new Uri(_cluster[server].Address, Query(sid)), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("{\"code\":1,\"message\":\"Session ID unknown\"}", await response.Content.ReadAsStringAsync(Cancellation));
    }
}
