using System.Text.Json;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.WebWorker.Page;

/// <summary>What the page calls, for Socket.IO clients: events with the names and arguments that the hub's methods have.</summary>
internal static class PageSockets
{
    public static void Map(SocketIOServer io, PageRooms rooms, Cluster cluster)
    {
        io.On(
            "enter",
            (SocketIOSocket socket, JsonElement room, JsonElement name, SocketIOAck ack) =>
                ChatSockets.AnswerAsync(ack, async () => await rooms.EnterAsync(Client(socket), room, name)));
        io.On("tell", (SocketIOSocket socket, JsonElement text, JsonElement stamp, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () =>
        {
            await rooms.TellAsync(socket.Id.ToString(), text, stamp);
            return null;
        }));
        io.On("people", (SocketIOSocket socket, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () => await rooms.PeopleAsync(socket.Id.ToString())));
        io.On("workers", (SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () => await cluster.ViewAsync()));
        io.On("kill", (SocketIOSocket socket, JsonElement worker, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () =>
        {
            await rooms.KillAsync(socket.Id.ToString(), worker);
            return null;
        }));
    }

    private static PageClient Client(SocketIOSocket socket) =>
        new(socket.Id.ToString(), "Socket.IO", socket.Data, room => socket.Join(room), socket.Leave, socket.Disconnected);
}
