using OrleansAdapter.Replication;
namespace OrleansAdapter;

/// <summary>
/// Nobody can say whether an operation has happened, or will: it may have reached all, some or none of its targets. Nothing is ever delivered
/// twice because of it, unless the caller does it again.
/// </summary>
public sealed class OperationException : Exception
{
    /// <summary>What is said where a wait ended because the server has not started.</summary>
    internal const string NotStarted =
        "this server has not started yet. Hosted services start in the order in which they were added: add OrleansAdapter before one that sends as it "
        + "starts, or send from a BackgroundService. If the host hangs in its start, its log says what it waits for.";

    private OperationException(string message)
        : base(message)
    {
    }

    internal static OperationException OnceUnknown() => new(
        "Nobody can tell whether a request was acted on before: the directory was lost together with a server that may have, or not all servers have told the "
        + "new one yet. Refuse it, and let the client ask again later.");

    internal static OperationException For(OperationFailure failure, string what) => new(failure switch
    {
        OperationFailure.Fenced =>
            $"The outcome of {what} is unknown: the directory had ended this server's stay (its lease lapsed, or it left too much unread), "
            + "so its clients were closed and it has registered anew.",
        OperationFailure.Merged =>
            $"The outcome of {what} is unknown: the directory was lost, and no server that came back could tell.",
        OperationFailure.NotStarted =>
            $"The outcome of {what} is unknown: {NotStarted} It still happens if the server does start.",
        OperationFailure.NotHeld =>
            $"The outcome of {what} is unknown: the directory has it, and no second machine did in time. It happens unless the directory's machine is lost "
            + "now; check that the machines can reach each other.",
        OperationFailure.Stopped =>
            $"The outcome of {what} is unknown: this server stops.",
        _ =>
            $"The outcome of {what} is unknown: the directory did not answer in time. It may still happen; check that the directory runs and can be reached.",
    });
}
