using OrleansAdapter.SocketIO;

namespace Desk;

/// <summary>The namespace of supervisors, who steer the whole desk, whatever worker they are on.</summary>
internal static class SupervisorHandlers
{
    public static void ServeSupervisors(this SocketIOServer io, Hours hours)
    {
        io.OnServerSideEmit("hours", e => // from another worker
        {
            hours.Open = e.Argument<bool>(0);
            return Task.FromResult<object?>(Environment.ProcessId);
        });

        var supervisors = io.Of("/supervisors");
        supervisors.Use(People.Authenticate);
        supervisors.Use(socket => (string)socket.Data["role"]! == "supervisor"
            ? Task.CompletedTask
            : throw new ConnectErrorException("supervisors only", new { role = socket.Data["role"] }));

        supervisors.On("hours", async (bool open) =>
        {
            hours.Open = open;
            var others = await io.ServerSideEmitWithAckAsync<int>("hours", null, open);
            await io.Emit("hours", open);
            return new { others = others.Count };
        });

        supervisors.On("who", async (string room) =>
            (await io.In(room).FetchSocketsAsync()).Select(socket => socket.Data.GetProperty("name").GetString()).Order(StringComparer.Ordinal));

        supervisors.On("assign", async (string id, string agent) =>
        {
            await io.In($"person:{agent}").SocketsJoinAsync($"ticket:{id}");
            await io.To($"person:{agent}").Emit("assigned", id);
        });

        supervisors.On("ban", (string name) => io.In($"person:{name}").DisconnectSocketsAsync(close: true));
    }
}
