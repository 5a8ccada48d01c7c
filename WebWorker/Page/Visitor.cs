namespace OrleansAdapter.WebWorker.Page;

/// <summary>The connection of somebody who uses the page, whatever it speaks.</summary>
/// <param name="Id">The socket's id.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Data">What other workers see of it.</param>
/// <param name="Join">Puts it into a room.</param>
/// <param name="Leave">Takes it out of a room.</param>
/// <param name="Ended">Cancelled when it has ended.</param>
internal sealed record PageClient(
    string Id, string Protocol, IDictionary<string, object?> Data, Func<string, Task> Join, Func<string, Task> Leave, CancellationToken Ended);

/// <summary>Somebody who is in a room by the page, on this worker.</summary>
internal sealed class Visitor(PageClient client, string room, string name, CallBudget budget)
{
    public PageClient Client { get; } = client;

    public string Room { get; } = room;

    public string Name { get; } = name;

    public CallBudget Budget { get; } = budget;
}
