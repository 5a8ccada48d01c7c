using System.Diagnostics;

namespace OrleansAdapter.Packets;

/// <summary>
/// The activities that follow an operation: <c>publish</c>, from the call to its acceptance, and on each server that has targets <c>deliver</c>, the
/// hand-over to its sockets; between them the home has <c>accept</c>. All belong to the caller's trace, which travels with the operation. Source:
/// <c>OrleansAdapter</c>.
/// </summary>
internal static class BroadcastActivities
{
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    /// <summary>The trace that what is made now belongs to; empty where nobody traces.</summary>
    public static string CurrentTrace => IdOf(Activity.Current);

    /// <summary>The trace that a publish belongs to: the current one or, outside of any, the one that it has begun. Empty where nobody traces.</summary>
    /// <param name="publish">What <see cref="StartPublish"/> has started.</param>
    public static string TraceOf(Activity? publish) => CurrentTrace is { Length: > 0 } current ? current : IdOf(publish);

    /// <summary>Starts the activity of a publish, which ends on another thread.</summary>
    public static Activity? StartPublish(string @namespace, OperationKind what)
    {
        var activity = ApartActivity.Start(Source, "publish", ActivityKind.Producer);
        return activity?.Describe(@namespace, "send").SetTag("orleansadapter.operation", what.ToString());
    }

    /// <summary>Ends the activity of a publish; with an error where there was one.</summary>
    public static void EndPublish(Activity? activity, string? error)
    {
        activity?.MarkFailed(error);
        activity?.EndApart();
    }

    private static string IdOf(Activity? activity) => activity is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";

    public static Activity? StartDeliver(string @namespace, Packet packet, long number, int sockets) =>
        StartDeliver(@namespace, packet.Trace, number, sockets)?.SetTag("orleansadapter.event", packet.Event);

    /// <summary>Starts that of an operation which makes sockets join, leave or go.</summary>
    public static Activity? StartDeliver(string @namespace, Operation operation, long number, int sockets) =>
        StartDeliver(@namespace, operation.Trace, number, sockets)?.SetTag("orleansadapter.operation", operation.Kind.ToString());

    private static Activity? StartDeliver(string @namespace, string trace, long number, int sockets)
    {
        if (!Source.HasListeners() || !PacketTrace.TryRead(trace, out var parent))
        {
            return null;
        }
        var activity = Source.StartActivity("deliver", ActivityKind.Consumer, parent);
        return activity?.Describe(@namespace, "process").SetTag("orleansadapter.number", number).SetTag("orleansadapter.sockets", sockets);
    }
}
