using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.TestWorker;

/// <summary>A hub whose clients may come back: each is told, with its token, that it is in.</summary>
internal class SessionHub(IOptions<OrleansAdapterOptions> options) : Hub
{
    /// <summary>Those who left this worker for good, and those who are waited for.</summary>
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Left = new();

    public override async Task OnConnectedAsync()
    {
        await Clients.Caller.SendAsync("entered", Context.ConnectionId, Context.Recovery().ToString(), Context.ResumeToken());
        await base.OnConnectedAsync();
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (!Context.MayComeBack())
        {
            LeftFor(Context.ConnectionId).TrySetResult();
        }
        return base.OnDisconnectedAsync(exception);
    }

    /// <summary>Answers when the client has left this worker for good.</summary>
    public Task HasLeft(string id) => LeftFor(id).Task;

    public Task Join(string group) => Groups.AddToGroupAsync(Context.ConnectionId, group);

    public Task Say(string group, object payload) => Clients.Group(group).SendAsync("said", payload);

    public void Keep(string name, string value) => Context.SocketData()[name] = value;

    public object WhoAmI() =>
        new { id = Context.ConnectionId, server = options.Value.ServerName, recovery = Context.Recovery().ToString(), data = Context.SocketData() };

    private static TaskCompletionSource LeftFor(string id) =>
        Left.GetOrAdd(id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>The same as another hub.</summary>
internal sealed class OtherSessionHub(IOptions<OrleansAdapterOptions> options) : SessionHub(options);
