using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.TestWorker;

/// <summary>A hub whose clients may come back: each is told, with its token, that it is in.</summary>
internal class SessionHub(IOptions<OrleansAdapterOptions> options) : Hub
{
    public override async Task OnConnectedAsync()
    {
        await Clients.Caller.SendAsync("entered", Context.ConnectionId, Context.Recovery().ToString(), Context.ResumeToken());
        await base.OnConnectedAsync();
    }

    public Task Join(string group) => Groups.AddToGroupAsync(Context.ConnectionId, group);

    public Task Say(string group, object payload) => Clients.Group(group).SendAsync("said", payload);

    public void Keep(string name, string value) => Context.SocketData()[name] = value;

    public object WhoAmI() =>
        new { id = Context.ConnectionId, server = options.Value.ServerName, recovery = Context.Recovery().ToString(), data = Context.SocketData() };
}

/// <summary>The same as another hub.</summary>
internal sealed class OtherSessionHub(IOptions<OrleansAdapterOptions> options) : SessionHub(options);
