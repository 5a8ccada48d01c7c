using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>Tells of turns of a home that take too long, with what they did.</summary>
internal static class HomeTurns
{
    /// <summary>The name of a look around, for leases and time limits.</summary>
    public const string Tick = "looking after what runs out";

    /// <summary>The name of a report of a death.</summary>
    public const string Death = "a report of a death";

    public static TurnWatch Watch(ILogger logger, Func<string> @namespace) =>
        new((took, what, count) => DirectoryLog.TurnTookLong(logger, @namespace(), took, NameOf(what), count));

    private static object NameOf(object what) => what switch
    {
        Submit submit => $"a batch of {submit.Operations.Count} operations of {submit.Life}",
        Register { History: { } history } register =>
            $"the registration of {register.Life} with {history.Rooms.Count} rooms, {history.Retained.Count} entries and {history.Outbox.Count} operations",
        WorkerMessage message => $"{message.GetType().Name} of {message.Life}",
        _ => what,
    };
}
