using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO.Tests;
using OrleansAdapter.Tests.Namespaces;

namespace OrleansAdapter.Tests.Start;

/// <summary>A server that has not started, or never does: what is asked of it ends when its time is over, and is done when it starts within that.</summary>
public sealed class NotStartedTests : IAsyncDisposable
{
    private const string Sentence = "this server has not started yet";

    private readonly ManualTime _time = new();
    private readonly ServiceProvider _services;
    private readonly ThisServer _server;
    private readonly Namespace _chat;

    public NotStartedTests()
    {
        _services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(_time)
            .AddDirectory(directory => directory.FirstStart = true)
            .AddOrleansAdapter()
            .BuildServiceProvider();
        _server = _services.GetRequiredService<ThisServer>();
        _chat = _server.Of("/chat");
    }

    public static TheoryData<string> Calls() => [.. All.Keys];

    public static TheoryData<string> Unsent() => [.. All.Keys.Except(["join", "connect", "listing the servers"])];

    private static Dictionary<string, Func<Namespace, Task>> All { get; } = new()
    {
        ["emit"] = chat => chat.Emit("said"),
        ["emit to a room"] = chat => chat.To("lobby").Emit("said"),
        ["emit with acknowledgement"] = chat => chat.EmitWithAckAsync<string>("said"),
        ["fetch"] = chat => chat.FetchSocketsAsync(),
        ["count"] = chat => chat.AllowPartial.CountSocketsAsync(),
        ["steer"] = chat => chat.SocketsJoinAsync("lobby"),
        ["server-side emit"] = chat => chat.ServerSideEmitAsync("flush"),
        ["server-side emit with acknowledgement"] = chat => chat.ServerSideEmitWithAckAsync<string>("flush"),
        ["connect"] = chat => chat.ConnectAsync(new TestSocket(chat.NewSocketId())),
        ["join"] = async chat =>
        {
            var socket = new TestSocket(chat.NewSocketId());
            _ = chat.ConnectAsync(socket).ContinueWith(connect => connect.Exception, TaskScheduler.Default);
            await chat.JoinAsync(socket, Room.Named("lobby"));
        },
        ["listing the servers"] = chat => chat.ServersAsync(),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_ends_after_the_requests_timeout_and_says_why(string call)
    {
        var task = All[call](_chat);
        await TurnAsync();

        var limit = TimeSpan.FromSeconds(call == "emit with acknowledgement" ? 6 : 5); // clients have the time, and servers a second more
        _time.Advance(limit - TimeSpan.FromMilliseconds(1));
        await TurnAsync();
        Assert.False(task.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(101)); // what has waited longer than its time ends at the next tick
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => task.InTimeAsync());
        Assert.Contains(Sentence, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_of_its_own_holds_as_well()
    {
        var sent = _chat.Timeout(TimeSpan.FromSeconds(1)).Emit("said");
        var asked = _chat.Timeout(TimeSpan.FromSeconds(1)).CountSocketsAsync();
        await TurnAsync();
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Contains(Sentence, (await Assert.ThrowsAsync<OperationException>(() => sent.InTimeAsync())).Message, StringComparison.Ordinal);
        Assert.Contains(Sentence, (await Assert.ThrowsAsync<RequestTimeoutException>(() => asked.InTimeAsync())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_before_the_start_is_done_by_it(string call)
    {
        var task = All[call](_chat);
        await TurnAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(task.IsCompleted);

        await StartAsync();
        if (call != "emit with acknowledgement") // which ends when the clients have answered, and one is asked here that cannot
        {
            await task.InTimeAsync();
        }
    }

    [Fact]
    public async Task What_had_timed_out_before_the_start_is_sent_by_it_all_the_same()
    {
        var early = _chat.ServerSideEmitAsync("early");
        await TurnAsync();
        _time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<OperationException>(() => early.InTimeAsync());

        var socket = new TestSocket(_chat.NewSocketId());
        var connected = _chat.ConnectAsync(socket);
        var sent = _chat.Emit("said");
        await TurnAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await StartAsync();
        await connected.InTimeAsync();
        await sent.InTimeAsync();
        Assert.Contains("said", socket.Events);
    }

    [Theory]
    [MemberData(nameof(Unsent))]
    public async Task A_host_that_ends_without_a_start_ends_what_waits(string call)
    {
        var task = All[call](_chat);
        await TurnAsync();
        await _services.DisposeAsync();
        var exception = await Assert.ThrowsAsync<OperationException>(() => task.InTimeAsync());
        Assert.Contains("this server stops", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Unsent))]
    public async Task A_call_after_the_end_ends_at_once_in_a_new_namespace_too(string call)
    {
        await _services.DisposeAsync();
        var exception = await Assert.ThrowsAsync<OperationException>(() => All[call](_server.Of("/new")).InTimeAsync());
        Assert.Contains("this server stops", exception.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>Returns when all that was asked before has had its turn.</summary>
    private Task TurnAsync() => _chat.DisconnectAsync(new TestSocket(_chat.NewSocketId())).InTimeAsync();

    /// <summary>Starts the server, with a clock that goes on.</summary>
    private async Task StartAsync()
    {
        var started = _server.StartAsync(TestContext.Current.CancellationToken);
        await InTime.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            return started.IsCompleted;
        });
        await started;
    }
}
