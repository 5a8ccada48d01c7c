using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A client that asks for more rooms than it may have is told so, and is no error of the server.</summary>
public sealed class RoomLimitTests
{
    [Fact]
    public async Task A_room_too_much_is_an_error_to_who_asked_and_not_in_the_log()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: io => io.On("join", (SocketIOSocket socket, string room) => socket.Join(room)),
            build: builder => builder.Services.AddOrleansAdapter(options => options.MaxRoomsPerSocket = 2));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 0; i < 5; i++)
        {
            await socket.SendAsync($"42{i}[\"join\",\"{i}\"]");
            var answer = await socket.ReceiveTextAsync();
            if (i < 2)
            {
                Assert.Equal($"43{i}[]", answer);
            }
            else
            {
                Assert.StartsWith($"43{i}[{{\"error\":\"Socket ", answer, StringComparison.Ordinal);
                Assert.Contains("MaxRoomsPerSocket", answer, StringComparison.Ordinal);
            }
        }
        Assert.Empty(cluster[0].Log.Errors);
    }
}
