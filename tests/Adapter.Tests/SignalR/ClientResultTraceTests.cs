using System.Diagnostics;
using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>The activity of the server whose client is asked for a result.</summary>
public sealed class ClientResultTraceTests() : HubSuite(new InProcessTestCluster())
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_ends_when_the_caller_gives_up_though_the_client_never_answers(bool local)
    {
        var (asker, other) = (await ServerAsync(), await ServerAsync());
        var client = await (local ? asker : other).ConnectAsync();
        using var root = new Activity("test").SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        root.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        root.Start();
        var answered = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == root.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.OperationName == "answer" && Equals(activity.GetTagItem("orleansadapter.request"), "InvokeClient"))
                {
                    answered.TrySetResult(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var giveUp = new CancellationTokenSource();

        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], giveUp.Token);
        await client.NextInvocationAsync().WaitAsync(Cancel);
        Assert.False(answered.Task.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAsync<HubException>(() => result.InTimeAsync());

        var answer = await answered.Task.InTimeAsync();
        Assert.Equal((root.TraceId, ActivityKind.Server, ActivityStatusCode.Unset), (answer.TraceId, answer.Kind, answer.Status));
    }
}
