using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace OrleansAdapter.Bench.Servers;

/// <summary>
/// ASP.NET Core's own SignalR in one process: alone, where what clustering costs shows beside it, or as one of several over Microsoft's Redis backplane.
/// </summary>
internal static class SignalRServer
{
    /// <param name="port">Where clients connect.</param>
    /// <param name="redis">The port of the Redis server; null for none.</param>
    public static int Run(int port, int? redis)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port)).UseUrls();
        var signalR = builder.Services.AddSignalR(hub => hub.MaximumReceiveMessageSize = 1 << 20);
        if (redis is { } redisPort)
        {
            signalR.AddStackExchangeRedis(options => options.Configuration = new ConfigurationOptions
            {
                EndPoints = { new IPEndPoint(IPAddress.Loopback, redisPort) },
                ChannelPrefix = RedisChannel.Literal("bench"),
            });
        }
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
