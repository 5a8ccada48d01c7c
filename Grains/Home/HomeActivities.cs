using System.Diagnostics;

namespace OrleansAdapter.Grains;

/// <summary>
/// The activity <c>accept</c>: a home gives an operation its number, and puts it into the mailboxes of those whom it is for. It belongs to the publisher's
/// trace, which travels in a broadcast's packet, and in all others beside the body. Source: <c>OrleansAdapter</c>.
/// </summary>
internal static class HomeActivities
{
    private static readonly ActivitySource Source = new(Telemetry.ActivitySourceName);

    /// <summary>Has a home take a message, and where somebody listens tells of the operations that it accepted.</summary>
    public static void Receive(Home home, string @namespace, WorkerMessage message, long now)
    {
        if (message is not Submit submit || !Source.HasListeners())
        {
            home.Receive(message, now);
            return;
        }
        var (begin, before) = (DateTimeOffset.UtcNow, home.Number);
        home.Receive(message, now);
        Accepted(@namespace, submit, before, home.Number, begin);
    }

    /// <summary>Tells of the operations of a batch that was accepted just now.</summary>
    /// <param name="namespace">The home's namespace.</param>
    /// <param name="submit">The batch.</param>
    /// <param name="before">The home's last number before it: where it is the last one still, nothing was accepted.</param>
    /// <param name="now">The home's last number.</param>
    /// <param name="begin">When it began.</param>
    private static void Accepted(string @namespace, Submit submit, long before, long now, DateTimeOffset begin)
    {
        if (now != before + submit.Operations.Count)
        {
            return;
        }
        for (var i = 0; i < submit.Operations.Count; i++)
        {
            var operation = submit.Operations[i];
            var trace = operation.Kind == OperationKind.Emit ? PacketTrace.Of(operation.Body.Span) : operation.Trace;
            if (PacketTrace.TryRead(trace, out var parent))
            {
                using var activity = Source.StartActivity("accept", ActivityKind.Consumer, parent, startTime: begin);
                activity?.Describe(@namespace, "receive")
                    .SetTag("orleansadapter.operation", operation.Kind.ToString())
                    .SetTag("orleansadapter.number", before + 1 + i)
                    .SetTag("messaging.batch.message_count", submit.Operations.Count);
            }
        }
    }
}
