using System.Diagnostics;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// The activity <c>event</c>: a Socket.IO client's event, from its first handler to the end of its last. It begins a trace of its own, as a call of a hub's
/// method does: the connection's request lasts for as long as the client stays. Source: <c>OrleansAdapter</c>.
/// </summary>
internal static class EventActivities
{
    private const string Event = "event";
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    /// <summary>The one that runs; null where none does. Another current activity, such as the connection's request, is not an event's.</summary>
    public static Activity? Own => Activity.Current is { } current && current.Source == Source && current.OperationName == Event ? current : null;

    public static bool HasListeners => Source.HasListeners();

    /// <summary>Starts it, as the current activity of the calling method and of what it calls.</summary>
    public static Activity? Start(SocketIOSocket socket, string @event)
    {
        Activity.Current = null;
        var activity = Source.StartActivity(Event, ActivityKind.Server);
        activity?.Describe(socket.Namespace.Name, "process").SetTag("orleansadapter.event", @event).SetTag("orleansadapter.socket", socket.Id.ToString());
        return activity;
    }
}
