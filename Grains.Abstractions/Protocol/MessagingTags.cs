using System.Diagnostics;

namespace OrleansAdapter.Protocol;

/// <summary>The tags of our activities, as OpenTelemetry's conventions for messaging have them.</summary>
internal static class MessagingTags
{
    /// <summary>Who carries the messages.</summary>
    private const string System = "orleansadapter";

    /// <summary>Sets what all activities about messages have.</summary>
    /// <param name="activity">The activity.</param>
    /// <param name="namespace">The namespace: where messages go, in the conventions' words.</param>
    /// <param name="type">The type of operation, of those that the conventions know.</param>
    public static Activity Describe(this Activity activity, string @namespace, string type)
    {
        activity.SetTag("messaging.system", System);
        activity.SetTag("messaging.operation.name", activity.OperationName);
        activity.SetTag("messaging.operation.type", type);
        activity.SetTag("messaging.destination.name", @namespace);
        return activity;
    }
}
