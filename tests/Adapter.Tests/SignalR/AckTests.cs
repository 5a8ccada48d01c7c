using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A broadcast with acknowledgement to SignalR clients: each is invoked for a result.</summary>
public abstract class AckTests(TestCluster cluster) : HubSuite(cluster)
{
    [Fact]
    public async Task Every_member_of_a_group_answers_whatever_its_server_and_protocol()
    {
        var (a, b) = (await ServerAsync(new BinaryHubProtocol()), await ServerAsync(new BinaryHubProtocol()));
        TestClient[] members = [await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync(protocol: new BinaryHubProtocol())];
        foreach (var member in members)
        {
            await a.Manager.AddToGroupAsync(member.Id, "group").InTimeAsync();
        }
        var answers = a.Namespace.To("group").EmitWithAckAsync<int>("ask", "how many?");
        for (var i = 0; i < members.Length; i++)
        {
            var invocation = await members[i].NextInvocationAsync();
            Assert.Equal("how many?", invocation.Arguments[0]);
            await members[i].AnswerAsync(invocation, i);
        }
        var byId = (await answers.InTimeAsync()).ToDictionary(answer => answer.Socket.ToString(), answer => answer.Value);
        Assert.Equal([0, 1, 2], members.Select(member => byId[member.Id]));
        Assert.Equal((0, 0), (a.Invocations.Count.Held, b.Invocations.Count.Held));
    }

    [Fact]
    public async Task An_error_of_a_client_is_its_answer_and_one_that_goes_is_not_waited_for()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (refuses, goes) = (await a.ConnectAsync(), await b.ConnectAsync());
        var answers = a.Namespace.EmitWithAckAsync<int>("ask", "?");
        var invocation = await refuses.NextInvocationAsync();
        await refuses.SendAsync(CompletionMessage.WithError(invocation.InvocationId!, "no"));
        await goes.NextInvocationAsync();
        await goes.GoneAsync();
        var answer = Assert.Single(await answers.InTimeAsync());
        Assert.Equal((refuses.Id, "no"), (answer.Socket.ToString(), answer.Error));
    }

    [Fact]
    public async Task A_silent_client_is_named_and_forgotten()
    {
        var (a, asker) = (await ServerAsync(), await ServerAsync());
        var silent = await a.ConnectAsync();
        var answers = asker.Namespace.Timeout(TimeSpan.FromHours(1)).EmitWithAckAsync<int>("ask", "?");
        var invocation = await silent.NextInvocationAsync();
        a.Time.Pass(TimeSpan.FromHours(1));
        var exception = await Assert.ThrowsAsync<AckTimeoutException<int>>(() => answers.InTimeAsync());
        Assert.Equal(silent.Id, Assert.Single(exception.MissingSockets).ToString());
        Assert.Equal(0, a.Invocations.Count.Held);
        await silent.AnswerAsync(invocation, 7);
        Assert.Null((await silent.CallAsync(nameof(TestHub.Id))).Error);
    }
}

public sealed class InProcessAckTests() : AckTests(new InProcessTestCluster());
