using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.SignalR;
using OrleansAdapter.Tests.Directories;
using static OrleansAdapter.Tests.SignalR.HubRecoveryTests;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Where a hub's connection and its session part: what ends with which, and what is left where a client's return comes to nothing.</summary>
public sealed class HubSessionTests() : HubSuite(new InProcessTestCluster())
{
    [Fact]
    public async Task What_others_do_to_it_reaches_it_where_it_is_also_while_the_hub_is_not_done_with_the_connection_that_it_had()
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        var client = await a.ConnectAsync();
        await client.CallAsync(nameof(TestHub.Join), "before");
        var (ending, done) = (New(), New());
        TestHub.Ended[client.Id] = async context =>
        {
            Assert.True(context.MayComeBack());
            ending.SetResult();
            await done.Task;
        };

        try
        {
            var again = await b.ResumeAsync(await TokenAsync(client));
            await IsBackAsync(again, client.Id);
            await ending.Task.InTimeAsync();
            await a.Manager.AddToGroupAsync(client.Id, "after").InTimeAsync();
            await a.Manager.RemoveFromGroupAsync(client.Id, "before").InTimeAsync();

            await a.Manager.SendGroupAsync("before", "said", ["1"]).InTimeAsync();
            await a.Manager.SendGroupAsync("after", "said", ["2"]).InTimeAsync();
            await again.HearsAsync("2");
        }
        finally
        {
            done.SetResult();
        }
    }

    [Theory]
    [InlineData("breaks", true)]
    [InlineData("came back", true)]
    [InlineData("says goodbye", false)]
    [InlineData("aborted", false)]
    [InlineData("made to leave", false)]
    [InlineData("no sessions", false)]
    public async Task A_hub_can_tell_whether_a_client_whose_connection_ended_may_come_back(string how, bool expected)
    {
        var server = how == "no sessions" ? await ServerAsync() : await RecoveringAsync();
        var client = await server.ConnectAsync();
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        TestHub.Ended[client.Id] = context =>
        {
            told.SetResult(context.MayComeBack());
            return Task.CompletedTask;
        };

        await (how switch
        {
            "came back" => server.ResumeAsync(await TokenAsync(client)),
            "says goodbye" => client.SendAsync(CloseMessage.Empty),
            "aborted" => client.SendAsync(new InvocationMessage(nameof(TestHub.Leave), [])),
            "made to leave" => server.Namespace.In(client.Id).DisconnectSocketsAsync(),
            _ => client.GoneAsync(),
        }).InTimeAsync();

        Assert.Equal(expected, await told.Task.InTimeAsync());
    }

    [Fact]
    public async Task Data_may_be_as_deep_as_the_options_allow()
    {
        var server = await ServerAsync((OrleansAdapterOptions options) =>
        {
            options.HubRecovery = new HubRecoveryOptions();
            options.JsonSerializerOptions = new JsonSerializerOptions(options.JsonSerializerOptions) { MaxDepth = 200 };
        });
        var client = await server.ConnectAsync();
        Assert.Null((await client.CallAsync(nameof(TestHub.RememberDeep), "deep", 100)).Error);
        var token = await TokenAsync(client);
        await client.GoneAsync();

        var again = await server.ResumeAsync(token);

        await IsBackAsync(again, client.Id);
        Assert.Contains("[\"deep\"]", (await again.CallAsync(nameof(TestHub.Recall), "deep")).Result!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_missed_something_that_cannot_be_read_begins_anew_and_nothing_is_left_behind()
    {
        var (a, b) = (await ReplayingAsync(), await ReplayingAsync());
        var client = await a.ResumeAsync(null, offset: "");
        var token = await TokenAsync(client);
        await client.GoneAsync();
        Assert.True(SocketId.TryParse(client.Id, out var id));
        await a.Namespace.PublishAsync(Operation.Emit(BroadcastTarget.Socket(id), new byte[] { 250 })).InTimeAsync();

        var again = await b.ResumeAsync(token, offset: "");

        await IsNewAsync(again, client.Id);
        Assert.Equal([again.Id], (await a.Namespace.SocketIdsAsync().InTimeAsync()).Select(socket => socket.ToString()));
        Assert.Single(b.Log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains($"{client.Id} came back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_socket_whose_client_missed_too_much_to_be_given_it_does_not_touch_the_connection_any_more()
    {
        var server = await ServerAsync((OrleansAdapterOptions options) =>
        {
            options.HubRecovery = new HubRecoveryOptions { MaxReplayedInvocations = 10 };
            (options.ClientQueueLimit, options.ClientQueueHardLimit) = (64 << 10, 64 << 10);
        });
        var client = await server.ResumeAsync(null, offset: "");
        var token = await TokenAsync(client);
        await client.GoneAsync();
        await server.Manager.SendConnectionAsync(client.Id, "said", [new string('x', 40 << 10)]).InTimeAsync();
        var connection = new HubConnectionContext(
            new DefaultConnectionContext(), new HubConnectionContextOptions(), server.Services.GetRequiredService<ILoggerFactory>())
        {
            Protocol = new JsonHubProtocol(),
        };
        var sessions = new HubSessions(server.Namespace, server.This.Options.HubRecovery!, NullLogger.Instance);
        HubSocket? made = null;

        var request = new DefaultHttpContext { Request = { QueryString = QueryString.Create("resumeToken", token).Add("resumeOffset", "") } }.Request;
        var socket = await sessions.ResumeAsync(request, null, takesOffset: true, id => made = new HubSocket(
            id,
            connection,
            new JsonHubFrames(NullLogger.Instance),
            (IHubSocketOwner)server.Manager,
            SlowClientLimits.Of(server.This.Options),
            TimeProvider.System), TestContext.Current.CancellationToken).InTimeAsync();

        Assert.Null(socket);
        Assert.False(made!.IsHere);
        Assert.Equal(0, await server.Namespace.CountSocketsAsync().InTimeAsync());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<TestServer> ReplayingAsync() =>
        ServerAsync((OrleansAdapterOptions options) => options.HubRecovery = new HubRecoveryOptions { MaxReplayedInvocations = 10 });

    private Task<TestServer> RecoveringAsync() => ServerAsync((OrleansAdapterOptions options) => options.HubRecovery = new HubRecoveryOptions());
}
