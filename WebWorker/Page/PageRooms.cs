using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.WebWorker.Page;

/// <summary>
/// The rooms of the page: people with names, who see each other and on which worker each is. The state of a room is nowhere but in its sockets; this class
/// only knows who of this worker is in one by the page, to limit them and to tell the others when they go.
/// </summary>
internal sealed partial class PageRooms(
    IHubNamespace<ChatHub> hub, Cluster cluster, IOptions<OrleansAdapterOptions> options, TimeProvider time, ILogger<PageRooms> logger)
{
    private const int LongestName = 40;
    private const int LongestText = 1_000;
    private const int LongestStamp = 64;
    private const int MostPeople = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Visitor> _visitors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WatchedRoom> _rooms = new(StringComparer.Ordinal);

    /// <summary>Puts a client into a room under a name, and out of the one that it was in by the page.</summary>
    public async Task<Welcome> EnterAsync(PageClient client, JsonElement room, JsonElement name)
    {
        var before = Find(client.Id);
        before?.Budget.Take();
        var visitor = new Visitor(client, RoomName.Read(room), PageText.Read(name, "name", LongestName), before?.Budget ?? new CallBudget(time));

        (client.Data["name"], client.Data["protocol"]) = (visitor.Name, client.Protocol);
        await client.Join(visitor.Room);
        Add(visitor);
        if (before is null)
        {
            client.Ended.UnsafeRegister(_ => Remove(client.Id), null);
        }
        else if (before.Room != visitor.Room)
        {
            await client.Leave(before.Room);
            await ChangedAsync(before.Room);
        }
        await ChangedAsync(visitor.Room);
        return new Welcome(client.Id, options.Value.ServerName);
    }

    /// <summary>Tells everybody in the client's room something.</summary>
    /// <param name="client">The socket's id.</param>
    /// <param name="text">What to tell.</param>
    /// <param name="stamp">What the page wants to have back with it.</param>
    public Task TellAsync(string client, JsonElement text, JsonElement stamp)
    {
        var visitor = Take(client);
        var told = new Told(
            client,
            visitor.Name,
            visitor.Client.Protocol,
            options.Value.ServerName,
            PageText.Read(text, "message", LongestText),
            PageText.Read(stamp, "stamp", LongestStamp));
        return hub.Namespace.To(visitor.Room).Emit("told", told);
    }

    /// <summary>Who is in the client's room, on all workers.</summary>
    public Task<People> PeopleAsync(string client)
    {
        var visitor = Take(client);
        lock (_lock)
        {
            return _rooms[visitor.Room].People.AskAsync();
        }
    }

    /// <summary>Kills a worker, as nothing can be caught, and tells the client's room.</summary>
    public async Task KillAsync(string client, JsonElement worker)
    {
        var visitor = Take(client);
        await cluster.KillAsync(worker, name => hub.Namespace.To(visitor.Room).Emit("killed", new Killed(name, visitor.Name)));
    }

    private async Task<People> FetchAsync(string room)
    {
        var fetched = await hub.Namespace.To(room).AllowPartial.FetchSocketsAsync();
        var workers = await cluster.WorkersAsync();
        var people = fetched.Value
            .Select(socket => new Person(
                socket.Id.ToString(),
                Text(socket.Data, "name"),
                Text(socket.Data, "protocol"),
                workers.FirstOrDefault(worker => worker.Id == socket.Server.Process.ToString())?.Name))
            .OrderBy(person => person.Name is null)
            .ThenBy(person => person.Name, StringComparer.OrdinalIgnoreCase)
            .ThenBy(person => person.Socket, StringComparer.Ordinal)
            .ToArray();
        return new People([.. people.Take(MostPeople)], Math.Max(0, people.Length - MostPeople));
    }

    private static string? Text(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private Visitor? Find(string client)
    {
        lock (_lock)
        {
            return _visitors.GetValueOrDefault(client);
        }
    }

    private Visitor Take(string client)
    {
        var visitor = Find(client) ?? throw new HubException("Enter a room first.");
        visitor.Budget.Take();
        return visitor;
    }

    private void Add(Visitor visitor)
    {
        lock (_lock)
        {
            if (_visitors.Remove(visitor.Client.Id, out var before))
            {
                Release(before.Room);
            }
            _visitors[visitor.Client.Id] = visitor;
            if (!_rooms.TryGetValue(visitor.Room, out var room))
            {
                _rooms[visitor.Room] = room = new WatchedRoom(new SharedAnswer<People>(() => FetchAsync(visitor.Room)));
            }
            room.Visitors++;
        }
    }

    private void Remove(string client)
    {
        Visitor? visitor;
        lock (_lock)
        {
            if (!_visitors.Remove(client, out visitor))
            {
                return;
            }
            Release(visitor.Room);
        }
        _ = ChangedAsync(visitor.Room);
    }

    private void Release(string room)
    {
        if (--_rooms[room].Visitors == 0)
        {
            _rooms.Remove(room);
        }
    }

    /// <summary>Tells a room that somebody came or went. Who does not hear it looks all the same, a little later.</summary>
    private async Task ChangedAsync(string room)
    {
        try
        {
            await hub.Namespace.To(room).Emit("changed");
        }
        catch (Exception exception) when (ClusterErrors.IsToldToCallers(exception))
        {
            NotTold(logger, exception);
        }
    }

    [LoggerMessage(301, LogLevel.Debug, "A room was not told that somebody came or went")]
    private static partial void NotTold(ILogger logger, Exception exception);

    /// <summary>A room in which somebody of this worker is by the page.</summary>
    private sealed class WatchedRoom(SharedAnswer<People> people)
    {
        public SharedAnswer<People> People { get; } = people;

        public int Visitors { get; set; }
    }

    /// <summary>Who a client is, and on which worker.</summary>
    internal sealed record Welcome(string Socket, string Worker);

    /// <summary>What somebody said, and the worker that it came in by.</summary>
    internal sealed record Told(string Socket, string Name, string Protocol, string Worker, string Text, string Stamp);

    /// <summary>Who killed which worker.</summary>
    internal sealed record Killed(string Worker, string By);

    /// <summary>Somebody in a room; without a name where it did not come in by the page.</summary>
    internal sealed record Person(string Socket, string? Name, string? Protocol, string? Worker);

    /// <summary>Who is in a room, and how many more there are.</summary>
    internal sealed record People(Person[] All, int More);
}
