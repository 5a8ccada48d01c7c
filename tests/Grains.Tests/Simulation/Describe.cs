namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Messages as a trace shows them.</summary>
internal static class Describe
{
    public static string Message(WorkerMessage message) => message switch
    {
        Register { History: null } register => $"Register for {register.Epoch} of {register.Life}, fresh{Replaces(register)}",
        Register { History: { } history } register =>
            $"Register for {register.Epoch} of {register.Life}{Replaces(register)}: epoch {history.Epoch} handled {history.Handled} N {history.Number}"
            + $" list {history.ListVersion}[{Join(history.List)}] out [{Join(history.Outbox.Select(o => $"{o.Position}:{o.Number}"))}]"
            + $" removed {history.Removed} retained [{Join(history.Retained.Select(e => e.Number))}] rooms [{Join(history.Rooms)}] seen "
                + $"[{Join(history.Seen.Select(s => $"{s.Publisher}:{s.Position}"))}]",
        Submit submit => $"Submit of {submit.Life} {submit.First}+[{Join(submit.Operations.Select(Operation))}]",
        Acknowledge acknowledge => $"Acknowledge of {acknowledge.Life} {acknowledge.Handled}",
        ReadAfter read => $"ReadAfter of {read.Life} {read.Handled}",
        Renew renew => $"Renew of {renew.Life} {renew.Handled}",
        _ => message.ToString(),
    };

    public static string Message(HomeMessage message) => $"{Kind(message)} for {message.Life} e {message.Epoch} s {message.Session}{Head(message.Head)}";

    public static string Target(Operation operation)
    {
        var target = operation.Target!;
        return $"to [{Join(target.RoomArray)}|{Join(target.SocketArray)}] except [{Join(target.ExceptRoomArray)}|{Join(target.ExceptSocketArray)}] rooms "
            + $"[{Join(operation.RoomArray)}]";
    }

    private static string Kind(HomeMessage message) => message switch
    {
        Registered registered =>
            $"Registered last p {registered.LastPosition} from {registered.From} unproved {registered.UnprovedUpTo} removed {registered.Removed} "
            + $"[{Join(registered.Results.Select(r => $"{r.Position}:{r.Number}{r.Outcome}"))}]",
        Accepted accepted => $"Accepted {accepted.First}+{accepted.Count} at {accepted.FirstNumber}",
        Push push => $"Push after {push.Previous} [{Join(push.Entries.Select(e => $"{e.Number}={e.Publisher}/{e.Position}"))}]",
        _ => message.GetType().Name,
    };

    private static string Head(Head? head) =>
        head is null
            ? ""
            : $" (S {head.Stable} N {head.Number} last {head.Last} {(head.Held == Protocol.Head.AllHeld ? "" : $"held {head.Held} ")}list "
                + $"{head.ListVersion}{(head.List is null ? "" : $"[{Join(head.List)}]")}"
                + $"{(head.Changes is null ? "" : $" by [{Join(head.Changes.Select(change => $"{(change.IsThere ? "+" : "-")}{change.Life}"))}]")})";

    private static string Operation(Operation operation) =>
        operation.Word is { } word
            ? $"{operation.Kind} as of {operation.AsOf} {word}"
            : operation.IsOwnMembership ? $"{operation.Kind} {operation.Rooms[0]} as of {operation.AsOf}"
            : operation.Kind.ToString();

    private static string Replaces(Register register) => register.Replaces.IsNone ? "" : $" replacing {register.Replaces}";

    private static string Join<T>(IEnumerable<T> items) => string.Join(' ', items);
}
