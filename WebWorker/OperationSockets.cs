using System.Text.Json;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.WebWorker;

/// <summary>The cluster's <see cref="Operations"/> for Socket.IO clients: events with the names and arguments that the hub's methods have.</summary>
internal static class OperationSockets
{
    public static void Map(SocketIOServer io, Operations operations)
    {
        io.On("note", (SocketIOSocket socket, JsonElement value, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, () =>
        {
            socket.Data["note"] = value.Clone();
            return Task.FromResult<object?>(null);
        }));
        io.On(
            "fetch",
            (SocketIOSocket socket, JsonElement room, SocketIOAck ack) =>
                ChatSockets.AnswerAsync(ack, async () => await operations.FetchAsync(room, socket.Disconnected)));
        io.On(
            "count",
            (SocketIOSocket socket, JsonElement room, SocketIOAck ack) =>
                ChatSockets.AnswerAsync(ack, async () => await operations.CountAsync(room, socket.Disconnected)));
        io.On("rooms", (SocketIOSocket socket, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () => await operations.RoomsAsync(socket.Disconnected)));
        io.On("move", (JsonElement from, JsonElement to, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () =>
        {
            await operations.MoveAsync(from, to);
            return null;
        }));
        io.On("kick", (SocketIOSocket socket, JsonElement room, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () =>
        {
            await operations.KickAsync(room, socket.Id.ToString());
            return null;
        }));
        io.On(
            "ask",
            (SocketIOSocket socket, JsonElement room, JsonElement question, SocketIOAck ack) =>
                ChatSockets.AnswerAsync(ack, async () => await operations.AskAsync(room, question, socket.Id.ToString())));
        io.On(
            "servers",
            (SocketIOSocket socket, SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () => await operations.ServersAsync(socket.Disconnected)));
        io.On("reports", (SocketIOAck ack) => ChatSockets.AnswerAsync(ack, async () => await operations.ReportsAsync()));
    }
}
