using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.Operations;

/// <summary>Clusters of one and of three servers, made when they are first needed and shared by all cases of one kind of cluster.</summary>
public abstract class MixedClusters(Func<TestCluster> newCluster) : IAsyncLifetime
{
    private readonly Dictionary<int, MixedServer[]> _servers = [];
    private readonly List<TestCluster> _clusters = [];

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var server in _servers.Values.SelectMany(servers => servers))
        {
            await server.DisposeAsync();
        }
        foreach (var cluster in _clusters)
        {
            await cluster.DisposeAsync();
        }
    }

    internal async Task<MixedServer[]> OfAsync(int workers)
    {
        if (!_servers.TryGetValue(workers, out var servers))
        {
            var cluster = newCluster();
            _clusters.Add(cluster);
            _servers[workers] = servers = await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => MixedServer.StartAsync(cluster))).InTimeAsync();
        }
        return servers;
    }
}

/// <summary>Each operation on each kind of target, alone and in a cluster, with clients of either protocol and of both in one room.</summary>
public abstract class OperationMatrix(MixedClusters clusters)
{
    private const string Done = "done";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_operation_does_to_those_that_are_meant_what_it_says_and_nothing_to_others(
        ClusterOperation operation, ClusterTarget target, int workers, ClusterClients kinds, bool isSocketIO)
    {
        var servers = await clusters.OfAsync(workers);
        var clients = await ConnectAsync(servers, kinds);
        var root = servers[0].Root(isSocketIO);
        try
        {
            var (meant, who) = OperationCases.Of(target, root, clients, servers[0].Namespace.Life);
            await CheckAsync(operation, root, meant, who, clients).InTimeAsync();
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        }
        while (await root.CountSocketsAsync(Cancellation) != 0)
        {
            Cancellation.ThrowIfCancellationRequested(); // the next case has the namespace for itself
        }
    }

    public static TheoryData<ClusterOperation, ClusterTarget, int, ClusterClients, bool> Cases() => OperationCases.All();

    /// <summary>On each server, for each protocol: one client in a and b, one in a, one in c.</summary>
    private static async Task<List<MixedClient>> ConnectAsync(MixedServer[] servers, ClusterClients kinds)
    {
        string[][] rooms = [["a", "b"], ["a"], ["c"]];
        List<MixedClient> clients = [];
        foreach (var server in servers)
        {
            foreach (var isSocketIO in new[] { false, true }.Where(it => kinds == ClusterClients.Both || it == (kinds == ClusterClients.SocketIO)))
            {
                foreach (var names in rooms)
                {
                    var client = await server.ConnectAsync(isSocketIO);
                    client.Rooms.AddRange(names);
                    clients.Add(client);
                    await server.Namespace.To(client.Id.ToString()).SocketsJoinAsync(names).InTimeAsync();
                }
            }
        }
        return clients;
    }

    private static async Task CheckAsync(ClusterOperation operation, NamespaceRoot root, BroadcastOperator meant, MixedClient[] who, List<MixedClient> clients)
    {
        SocketId[] ids = [.. who.Select(client => client.Id)];
        switch (operation)
        {
            case ClusterOperation.Emit:
                await meant.Emit("said", Done);
                await HearsAsync();
                break;
            case ClusterOperation.EmitVolatile:
                await meant.Volatile.Emit("said", Done);
                await HearsAsync();
                break;
            case ClusterOperation.EmitWithAck:
                var answers = await meant.Timeout(InTime.Limit).EmitWithAckAsync<string>("ask", "?");
                Assert.Equal(
                    Set(who.Select(client => (client.Id, client.Server, client.Id.ToString()))),
                    Set(answers.Select(answer => (answer.Socket, answer.Server, answer.Value!))));
                Assert.All(answers, answer => Assert.Null(answer.Error));
                break;
            case ClusterOperation.Fetch:
                var found = await meant.FetchSocketsAsync(cancellationToken: Cancellation);
                Assert.Equal(
                    Set(who.Select(client => (client.Id, client.Server, string.Join(',', client.Rooms)))),
                    Set(found.Select(socket => (socket.Id, socket.Server, string.Join(',', socket.Rooms.Order(StringComparer.Ordinal))))));
                break;
            case ClusterOperation.FetchAndSteer:
                foreach (var socket in await meant.FetchSocketsAsync(cancellationToken: Cancellation))
                {
                    Assert.Equal(socket.Id.ToString(), await socket.EmitWithAckAsync<string>("ask", "?"));
                    await socket.JoinAsync("steered");
                    await socket.LeaveAsync("a");
                    await socket.EmitAsync("said", Done);
                }
                Assert.Equal(Set(ids), Set(await root.To("steered").SocketIdsAsync(Cancellation)));
                Assert.Equal(Set(Members("a").Except(ids)), Set(await root.To("a").SocketIdsAsync(Cancellation)));
                await HearsAsync();
                break;
            case ClusterOperation.Count:
                Assert.Equal(who.Length, await meant.CountSocketsAsync(Cancellation));
                break;
            case ClusterOperation.Ids:
                Assert.Equal(Set(ids), Set(await meant.SocketIdsAsync(Cancellation)));
                break;
            case ClusterOperation.Rooms:
                Assert.Equal(Set(who.SelectMany(client => client.Rooms)), Set(await meant.RoomsAsync(Cancellation)));
                break;
            case ClusterOperation.Join:
                await meant.SocketsJoinAsync("new", "newer");
                Assert.Equal(Set(ids), Set(await root.To("newer").SocketIdsAsync(Cancellation)));
                await root.To("new").Emit("said", Done);
                await HearsAsync();
                break;
            case ClusterOperation.Leave:
                await meant.SocketsLeaveAsync("a", "nobody is in it");
                Assert.Equal(Set(Members("a").Except(ids)), Set(await root.To("a").SocketIdsAsync(Cancellation)));
                break;
            case ClusterOperation.Disconnect or ClusterOperation.Close:
                await meant.DisconnectSocketsAsync(close: operation == ClusterOperation.Close);
                Assert.Equal(Set(clients.Select(client => client.Id).Except(ids)), Set(await root.SocketIdsAsync(Cancellation)));
                await Task.WhenAll(who.Select(client => client.Left));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation, null);
        }

        IEnumerable<SocketId> Members(string room) => clients.Where(client => client.Rooms.Contains(room)).Select(client => client.Id);

        // Everybody hears the end, and those that are meant what came before it, once.
        async Task HearsAsync()
        {
            await root.Emit("said", MixedClient.End);
            foreach (var client in clients)
            {
                Assert.Equal(who.Contains(client) ? [Done] : [], await client.HeardAsync());
            }
        }
    }

    private static HashSet<T> Set<T>(IEnumerable<T> items)
    {
        T[] all = [.. items];
        Assert.Distinct(all.Where(item => item is not string));
        return [.. all];
    }
}
