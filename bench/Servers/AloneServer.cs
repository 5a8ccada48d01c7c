using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Bench.Servers;

/// <summary>SignalR in one process, without a backplane: what clustering costs shows beside it.</summary>
internal static class AloneServer
{
    public static int Run(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port)).UseUrls();
        builder.Services.AddSignalR(hub => hub.MaximumReceiveMessageSize = 1 << 20);
        var app = builder.Build();
        app.MapHub<Chat>("/hub");
        app.Lifetime.ApplicationStarted.Register(static () => Console.WriteLine("ready"));
        app.Run();
        return 0;
    }

    internal sealed class Chat : Hub
    {
        public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

        public Task Say(string room, string payload) => Clients.Group(room).SendAsync("said", payload);
    }
}
