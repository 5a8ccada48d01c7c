using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A hub that does what its clients ask for.</summary>
public sealed class TestHub : Hub
{
    /// <summary>Every connection that a hub has seen.</summary>
    public static ConcurrentBag<string> Seen { get; } = [];

    public override Task OnConnectedAsync()
    {
        Seen.Add(Context.ConnectionId);
        return base.OnConnectedAsync();
    }

    /// <summary>What is to happen, once, when the hub learns that a connection has ended; by its id.</summary>
    public static ConcurrentDictionary<string, Func<HubCallerContext, Task>> Ended { get; } = new(StringComparer.Ordinal);

    public override Task OnDisconnectedAsync(Exception? exception) =>
        Ended.TryRemove(Context.ConnectionId, out var ended) ? ended(Context) : Task.CompletedTask;

    public string Id() => Context.ConnectionId;

    public void Remember(string key, string value) => Context.SocketData()[key] = value;

    /// <summary>Keeps something that lies in many others.</summary>
    public void RememberDeep(string key, int depth)
    {
        object? value = "deep";
        for (var i = 0; i < depth; i++)
        {
            value = new[] { value };
        }
        Context.SocketData()[key] = value;
    }

    public string? Token() => Context.ResumeToken();

    public string Recovery() => Context.Recovery().ToString();

    public string? Recall(string key) => Context.SocketData().TryGetValue(key, out var value) ? value?.ToString() : null;

    public void Leave() => Context.Abort();

    public Task Join(string group) => Groups.AddToGroupAsync(Context.ConnectionId, group);

    public Task Say(string group, string text) => Clients.Group(group).SendAsync("said", text);

    /// <summary>Sends to the caller and answers: the answer has to come last.</summary>
    public async Task<int> Echo(string text, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Clients.Caller.SendAsync("said", $"{text}{i}");
        }
        return times;
    }

    /// <summary>Sends without waiting, except for the last.</summary>
    public async Task<int> Burst(string group, string text, int times)
    {
        for (var i = 0; i < times - 1; i++)
        {
            _ = Clients.Group(group).SendAsync("said", $"{text}{i}");
        }
        await Clients.Group(group).SendAsync("said", $"{text}{times - 1}");
        return times;
    }
}
