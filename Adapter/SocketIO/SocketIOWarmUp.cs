using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansAdapter.Hosting;

namespace OrleansAdapter.SocketIO;

/// <summary>Socket.IO's part in warming up: clients over WebSocket, with the parser of JSON.</summary>
internal sealed class SocketIOWarmUp(IOptions<SocketIOOptions> options) : IWarmUpFront
{
    private const string Route = "/socket.io";
    private const string Room = "room";

    public bool IsTraced => false;

    public string Path => Route + "/?EIO=4&transport=websocket";

    public string Opening => "\"maxPayload\"";

    public string Greeting => "40";

    public string Welcome => "40{";

    public string Saying => "420[\"say\",\"Is anybody there?\"]";

    public void Add(IServiceCollection services) => services.AddSocketIO(own =>
    {
        own.HandlerScheduling = options.Value.HandlerScheduling;
        own.ServeClient = false;
    });

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapSocketIO(Route);
        var io = endpoints.ServiceProvider.GetRequiredService<SocketIOServer>();
        var rooms = new WarmUpRooms();
        io.OnConnection(socket =>
        {
            var room = rooms.Next();
            socket.Data[Room] = room;
            return socket.Join(room);
        });
        io.On("say", async (SocketIOSocket socket, string text, SocketIOAck ack) =>
        {
            await io.To((string)socket.Data[Room]!).Emit("said", text).ConfigureAwait(false);
            ack.Send();
        });
    }
}
