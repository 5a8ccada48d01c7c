namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A client in a room of its own, over a network that a test breaks, and somebody on another worker who talks to the room.</summary>
internal sealed class RecoveryRun : IAsyncDisposable
{
    /// <summary>A port at which nobody listens.</summary>
    public const int Nowhere = 1;

    private readonly bool _ownsClients;

    private RecoveryRun(JavaScriptClients clients, bool ownsClients, BreakingProxy proxy, JavaScriptClient client, JavaScriptClient publisher)
    {
        _ownsClients = ownsClients;
        (Clients, Proxy, Client, Publisher) = (clients, proxy, client, publisher);
    }

    public JavaScriptClients Clients { get; }

    public BreakingProxy Proxy { get; }

    public JavaScriptClient Client { get; }

    public JavaScriptClient Publisher { get; }

    public string Room => $"room of {Client.Id}";

    public static async Task<RecoveryRun> StartAsync(
        RunningCluster cluster,
        string version = "4.8",
        string transport = "websocket",
        JavaScriptClients? clients = null,
        JavaScriptClient? publisher = null,
        int worker = 1)
    {
        var ownsClients = clients is null;
        clients ??= JavaScriptClients.StartRecovering();
        var proxy = new BreakingProxy(cluster.Port + worker);
        var client = await clients.OpenRecoverableAsync(proxy.Url, version, transport);
        publisher ??= await clients.OpenRecoverableAsync(cluster.Url(2));
        var run = new RecoveryRun(clients, ownsClients, proxy, client, publisher);
        await client.CallAsync("join", run.Room);
        return run;
    }

    /// <summary>Says numbers to the room, one after the other; each is accepted before the next.</summary>
    public async Task SayAsync(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            await Publisher.CallAsync("say", Room, number);
        }
    }

    /// <summary>Waits until the client has come back so many times, each time to the session that it had.</summary>
    public async Task RecoversAsync(int times = 1)
    {
        await Client.Connected.UntilAsync(times + 1, "to be back");
        Assert.All(Client.Connected.All[1..], entered => Assert.Equal((Client.Id, true), (entered.Id, entered.Recovered)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_ownsClients)
        {
            await Clients.DisposeAsync();
        }
        else
        {
            await Client.CloseAsync();
        }
        await Proxy.DisposeAsync();
    }
}
