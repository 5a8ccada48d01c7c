using System.Diagnostics;

namespace OrleansAdapter.Packets;

/// <summary>
/// The activities that follow a broadcast: <c>publish</c>, from the call to its acceptance, and on each server that has targets <c>deliver</c>, the
/// hand-over to its sockets; between them the home has <c>accept</c>. All belong to the caller's trace, which travels in the packet. Source:
/// <c>OrleansAdapter</c>.
/// </summary>
internal static class BroadcastActivities
{
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    /// <summary>The trace that a packet made now belongs to; empty where nobody traces.</summary>
    public static string CurrentTrace => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";

    /// <summary>Starts the activity of a publish, which ends on another thread: it never becomes the caller's current one.</summary>
    public static Activity? StartPublish(string @namespace, OperationKind what)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        var current = Activity.Current;
        var activity = Source.StartActivity("publish", ActivityKind.Producer);
        activity?.Describe(@namespace, "send").SetTag("orleansadapter.operation", what.ToString());
        Activity.Current = current;
        return activity;
    }

    /// <summary>Ends the activity of a publish; with an error where there was one.</summary>
    public static void EndPublish(Activity? activity, string? error)
    {
        if (activity is null)
        {
            return;
        }
        if (error is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, error).SetTag("error.type", error);
        }
        var current = Activity.Current;
        activity.Dispose();
        Activity.Current = current;
    }

    public static Activity? StartDeliver(string @namespace, Packet packet, long number, int sockets)
    {
        if (packet.Trace.Length == 0 || !Source.HasListeners() || !ActivityContext.TryParse(packet.Trace, null, isRemote: true, out var parent))
        {
            return null;
        }
        var activity = Source.StartActivity("deliver", ActivityKind.Consumer, parent);
        activity?.Describe(@namespace, "process")
            .SetTag("orleansadapter.event", packet.Event)
            .SetTag("orleansadapter.number", number)
            .SetTag("orleansadapter.sockets", sockets);
        return activity;
    }
}
