using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.WebWorker;

/// <summary>
/// The same chat for Socket.IO clients, in the same rooms (see <see cref="ChatHub"/>): they send <c>join</c>, <c>leave</c>, <c>say</c>, <c>who</c> and
/// <c>whoami</c>, and hear <c>said</c>. An acknowledgement comes when what was asked for holds in the whole cluster: the result, or nothing, or <c>{
/// "error": … }</c>.
/// </summary>
internal static class ChatSockets
{
    public static void Map(SocketIOServer io, IOptions<OrleansAdapterOptions> options)
    {
        io.On("join", (SocketIOSocket socket, JsonElement room, SocketIOAck ack) => AnswerAsync(ack, async () =>
        {
            await socket.Join(RoomName.Read(room));
            return null;
        }));
        io.On("leave", (SocketIOSocket socket, JsonElement room, SocketIOAck ack) => AnswerAsync(ack, async () =>
        {
            await socket.Leave(RoomName.Read(room));
            return null;
        }));
        io.On("say", (JsonElement room, SocketIOAck ack, SocketIOValue? payload = null) => AnswerAsync(ack, async () =>
        {
            await io.To(RoomName.Read(room)).Emit("said", payload);
            return null;
        }));
        io.On("who", (SocketIOSocket socket, JsonElement room, SocketIOAck ack) => AnswerAsync(ack, async () =>
        {
            var ids = await io.To(RoomName.Read(room)).SocketIdsAsync(socket.Disconnected);
            return ids.Select(id => id.ToString()).Order(StringComparer.Ordinal);
        }));
        io.On("whoami", (SocketIOSocket socket, SocketIOAck ack) => ack.Send(new ChatHub.Identity(socket.Id.ToString(), options.Value.ServerName)));
    }

    /// <summary>Tells a caller what was wrong with its call, or what the cluster said to it.</summary>
    internal static async Task AnswerAsync(SocketIOAck ack, Func<Task<object?>> call)
    {
        object? result;
        try
        {
            result = await call();
        }
        catch (Exception exception) when (ClusterErrors.IsToldToCallers(exception))
        {
            // Less what only .NET calls it.
            result = new { error = exception.Message.Split(" (Parameter")[0] };
        }
        if (result is null)
        {
            ack.Send();
        }
        else
        {
            ack.Send(result);
        }
    }
}
