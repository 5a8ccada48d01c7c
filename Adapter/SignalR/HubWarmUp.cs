using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansAdapter.Hosting;

namespace OrleansAdapter.SignalR;

/// <summary>SignalR's part in warming up: clients of a hub over WebSocket, with the protocol of JSON.</summary>
internal sealed class HubWarmUp(IOptions<HubOptions> options) : IWarmUpFront
{
    private const string Route = "/hub";
    private const string Room = "room";

    /// <summary>SignalR's own source is the framework's, and knows every call of a hub's method.</summary>
    public bool IsTraced
    {
        get
        {
            using var source = new ActivitySource("Microsoft.AspNetCore.SignalR.Server");
            return source.HasListeners();
        }
    }

    public string Path => Route;

    public string Opening => "";

    public string Greeting => "{\"protocol\":\"json\",\"version\":1}\u001e";

    public string Welcome => "{}\u001e";

    public string Saying => "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Say\",\"arguments\":[\"Is anybody there?\"]}\u001e";

    public void Add(IServiceCollection services)
    {
        services.AddSignalR(own => own.MaximumParallelInvocationsPerClient = options.Value.MaximumParallelInvocationsPerClient)
            .AddOrleansAdapter(adapter => adapter.MapHub<WarmUpHub>("/"));
        services.AddSingleton<WarmUpRooms>();
    }

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapHub<WarmUpHub>(Route);

    /// <summary>The hub of those clients.</summary>
    internal sealed class WarmUpHub(WarmUpRooms rooms) : Hub
    {
        public override Task OnConnectedAsync()
        {
            var room = rooms.Next();
            Context.Items[Room] = room;
            return Groups.AddToGroupAsync(Context.ConnectionId, room);
        }

        public Task Say(string text) => Clients.Group((string)Context.Items[Room]!).SendAsync("said", text);
    }
}
