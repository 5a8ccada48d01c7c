using OrleansAdapter;
using OrleansAdapter.SocketIO;

namespace Desk;

/// <summary>The main namespace: customers and agents. A ticket is a room.</summary>
internal static class DeskHandlers
{
    public static void ServeDesk(this SocketIOServer io, Hours hours)
    {
        io.Use(People.Authenticate);

        io.OnConnection(async socket =>
        {
            var (name, role) = ((string)socket.Data["name"]!, (string)socket.Data["role"]!);
            await socket.Join($"person:{name}");
            if (role == "agent")
            {
                await socket.Join("agents");
            }
            socket.Emit("welcome", new { name, open = hours.Open, worker = Environment.ProcessId });

            socket.On("open", async (string subject) =>
            {
                if (!hours.Open)
                {
                    return (object)new { error = "closed" };
                }
                var id = Guid.NewGuid();
                await socket.Join($"ticket:{id}");
                await io.To("agents").Emit("ticket", new { id, subject, from = name });
                return new { id };
            });

            socket.On("take", async (string id) =>
            {
                var room = $"ticket:{id}";
                if (role != "agent")
                {
                    return (object)new { error = "agents only" };
                }
                var there = await io.In(room).FetchSocketsAsync();
                if (there.Count == 0)
                {
                    return new { error = "nobody is there" };
                }
                await socket.Join(room);
                await socket.To(room).Emit("taken", new { id, by = name });
                await socket.To("agents").Emit("gone", id);
                return new { customer = there[0].Data.GetProperty("name").GetString() };
            });

            socket.On("say", async (string id, string text) =>
            {
                var room = $"ticket:{id}";
                if (!socket.Rooms.Contains(room))
                {
                    return (object)new { error = "not your ticket" };
                }
                await socket.To(room).Emit("said", new { id, from = name, text });
                return new { };
            });

            socket.On("attach", async (string id, Attachment file) =>
            {
                await socket.To($"ticket:{id}").Emit("attached", new { id, from = name, file });
                return new { size = file.Bytes.Length };
            });

            socket.On("typing", (string id) => socket.To($"ticket:{id}").Volatile.Emit("typing", new { id, from = name }));

            socket.On("close", async (string id) =>
            {
                var room = $"ticket:{id}";
                if (role != "agent" || !socket.Rooms.Contains(room))
                {
                    return (object)new { error = "not your ticket" };
                }
                try
                {
                    var answers = await socket.To(room).Timeout(TimeSpan.FromSeconds(5)).EmitWithAckAsync<bool>("close?", id);
                    if (!answers.All(answer => answer.Value))
                    {
                        return new { closed = false };
                    }
                }
                catch (AckTimeoutException<bool>)
                {
                    return new { closed = false }; // somebody did not answer
                }
                await io.In(room).Emit("closed", id);
                await io.In(room).SocketsLeaveAsync(room);
                return new { closed = true };
            });

            socket.OnDisconnect(async end =>
            {
                if (role == "agent")
                {
                    await io.To("agents").Emit("away", new { name, reason = end.Reason });
                }
            });
        });
    }

    private sealed record Attachment(string Name, byte[] Bytes);
}
