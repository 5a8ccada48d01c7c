using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.TestWorker;

/// <summary>What Socket.IO's clients can do here, for those of SignalR, under the same names and in the same rooms.</summary>
internal class TestHub : Hub
{
    public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

    public Task Say(string room, string text) => Clients.Group(room).SendAsync("said", text);

    public Task SayBytes(string room, byte[] bytes) => Clients.Group(room).SendAsync("said", bytes);

    public object? Echo(object? value) => value;

    public Task<object?> Ask(string question) => Clients.Caller.InvokeAsync<object?>("ask", question, Context.ConnectionAborted);

    public virtual string Namespace() => "/";
}

/// <summary>The same in another namespace.</summary>
internal sealed class OtherHub : TestHub
{
    public override string Namespace() => "/a";
}

/// <summary>The same for clients with the right token only.</summary>
internal sealed class GuardedHub : TestHub
{
    public override string Namespace() => "/auth";
}
