using System.Diagnostics;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Requests;

/// <summary>
/// The activities of a request: <c>request</c>, from the call to the last answer, and on each server that it goes to <c>answer</c>, until that server has
/// answered, for which it may have to wait for its clients. All belong to the asker's trace, which travels with the request. Source: <c>OrleansAdapter</c>.
/// </summary>
internal static class RequestActivities
{
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    /// <summary>Starts <c>request</c>, as the current activity of the calling method and of what it calls.</summary>
    /// <param name="namespace">The namespace whose servers are asked.</param>
    /// <param name="what">What is asked.</param>
    public static Activity? Start(string @namespace, RequestKind what) =>
        Describe(Source.StartActivity("request", ActivityKind.Client), @namespace, what);

    /// <summary>Starts that of an operation after which all are asked whether they have done it.</summary>
    /// <param name="namespace">The namespace whose servers are asked.</param>
    /// <param name="what">What they are to do.</param>
    public static Activity? Start(string @namespace, OperationKind what) =>
        Describe(Source.StartActivity("request", ActivityKind.Client), @namespace, what);

    /// <summary>Starts that of an event which one client of this server is to acknowledge; it ends on another thread, by <see cref="End"/>.</summary>
    /// <param name="namespace">The client's namespace.</param>
    /// <param name="socket">The client's socket.</param>
    /// <param name="event">The event's name.</param>
    public static Activity? Start(string @namespace, SocketId socket, string @event) =>
        Describe(ApartActivity.Start(Source, "request", ActivityKind.Client), @namespace, RequestKind.EmitWithAck)
            ?.SetTag("orleansadapter.socket", socket.ToString())
            .SetTag("orleansadapter.event", @event);

    /// <summary>Ends that of an event which one client was to acknowledge.</summary>
    public static void End(Activity? activity, string outcome)
    {
        activity?.SetOutcome(outcome, null);
        activity?.EndApart();
    }

    /// <summary>Says how a request ended. One that its caller gave up has not failed.</summary>
    /// <param name="activity">The activity.</param>
    /// <param name="outcome">How, as in the metric <c>orleansadapter.request.duration</c>.</param>
    /// <param name="result">What came; null where it failed.</param>
    public static void SetOutcome(this Activity activity, string outcome, RequestResult? result)
    {
        activity.SetTag("orleansadapter.outcome", outcome);
        if (result is not null)
        {
            activity.SetTag("orleansadapter.servers", result.Answers.Count).SetTag("orleansadapter.servers.missing", result.Missing.Count);
        }
        if (outcome is not ("answered" or "given up"))
        {
            activity.MarkFailed(outcome);
        }
    }

    /// <summary>Starts <c>answer</c>, which ends on another thread; null where the request is part of no trace.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="kind">What is asked.</param>
    /// <param name="trace">The request's trace.</param>
    /// <param name="isWaitedFor">Whether the asker waits for it.</param>
    /// <param name="sockets">How many sockets of this server it concerns.</param>
    public static Activity? StartAnswer(string @namespace, RequestKind kind, string trace, bool isWaitedFor, int sockets)
    {
        if (!Source.HasListeners() || !PacketTrace.TryRead(trace, out var parent))
        {
            return null;
        }
        var activity = ApartActivity.Start(Source, "answer", isWaitedFor ? ActivityKind.Server : ActivityKind.Consumer, parent);
        return activity?.Describe(@namespace, "process").SetTag("orleansadapter.request", kind.ToString()).SetTag("orleansadapter.sockets", sockets);
    }

    private static Activity? Describe<T>(Activity? activity, string @namespace, T what)
        where T : struct, Enum => activity?.Describe(@namespace, "send").SetTag("orleansadapter.request", what.ToString());
}
