using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Primary;

/// <summary>How many clients of one kind a worker has.</summary>
/// <param name="Protocol"><c>SignalR</c> or <c>Socket.IO</c>.</param>
/// <param name="Transport">SignalR: <c>WebSockets</c>, <c>ServerSentEvents</c>, <c>LongPolling</c>; Socket.IO: <c>websocket</c>, <c>polling</c>.</param>
/// <param name="Count">How many.</param>
internal sealed record ClientCount(string Protocol, string Transport, int Count);

/// <summary>The question how many clients this worker has, by protocol and transport.</summary>
internal sealed class ClientCounts(ThisServer server) : IPrimaryQuestion
{
    /// <summary>The question's name.</summary>
    public const string Question = "clients";

    public string Name => Question;

    public string Answer()
    {
        var counts =
            from client in server.Draining.Clients
            let kind = client.Kind
            where kind is not null
            group kind by kind.Value into same
            orderby same.Key.Protocol, same.Key.Transport
            select new ClientCount(same.Key.Protocol, same.Key.Transport, same.Count());
        return PrimaryAnswer.Write(counts);
    }
}
