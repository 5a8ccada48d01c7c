
namespace OrleansAdapter.Tests.Operations;

/// <summary>What is done to sockets, or asked of them.</summary>
public enum ClusterOperation
{
    Emit,
    EmitVolatile,
    EmitWithAck,
    Fetch,
    FetchAndSteer,
    Count,
    Ids,
    Rooms,
    Join,
    Leave,
    Disconnect,
    Close,
}

/// <summary>Which sockets.</summary>
public enum ClusterTarget
{
    Room,
    SeveralRooms,
    Except,
    Local,
    WholeNamespace,
    OneSocket,
}

/// <summary>Which clients there are.</summary>
public enum ClusterClients
{
    SignalR,
    SocketIO,
    Both,
}

/// <summary>The cases: chosen pairwise from all factors.</summary>
internal static class OperationCases
{
    private static readonly int[] Workers = [1, 3];

    /// <summary>Operation, target, number of workers, clients, and whether Socket.IO's server is asked or the hub's namespace.</summary>
    public static TheoryData<ClusterOperation, ClusterTarget, int, ClusterClients, bool> All()
    {
        var (operations, targets, clients) = (Enum.GetValues<ClusterOperation>(), Enum.GetValues<ClusterTarget>(), Enum.GetValues<ClusterClients>());
        TheoryData<ClusterOperation, ClusterTarget, int, ClusterClients, bool> cases = [];
        foreach (var row in Pairwise.Table(operations.Length, targets.Length, Workers.Length, clients.Length, 2))
        {
            cases.Add(operations[row[0]], targets[row[1]], Workers[row[2]], clients[row[3]], row[4] == 1);
        }
        return cases;
    }

    /// <summary>The operator for a target, and which clients it means. Clients are in the rooms a and b; a; or c.</summary>
    public static (BroadcastOperator Operator, MixedClient[] Meant) Of(
        ClusterTarget target, NamespaceRoot root, IReadOnlyList<MixedClient> clients, ServerId here)
    {
        var one = clients[^2];
        return target switch
        {
            ClusterTarget.Room => (root.To("a"), Where(client => client.Rooms.Contains("a"))),
            ClusterTarget.SeveralRooms => (root.To("b").In("c", "b"), Where(client => client.Rooms.Contains("b") || client.Rooms.Contains("c"))),
            ClusterTarget.Except => (root.To("a", "c").Except("b"), Where(client => !client.Rooms.Contains("b"))),
            ClusterTarget.Local => (root.Local.To("a"), Where(client => client.Server == here && client.Rooms.Contains("a"))),
            ClusterTarget.WholeNamespace => (root.Except(), [.. clients]),
            ClusterTarget.OneSocket => (root.To(one.Id.ToString()), [one]),
            _ => throw new ArgumentOutOfRangeException(nameof(target), target, null),
        };

        MixedClient[] Where(Func<MixedClient, bool> condition) => [.. clients.Where(condition)];
    }
}
