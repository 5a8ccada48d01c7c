using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Arguments that some protocol in the namespace could not carry.</summary>
public sealed class DepthTests
{
    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    public async Task Arguments_are_as_deep_as_every_protocol_can_carry_or_an_error_to_the_sender(int depth, bool isGood)
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        var (client, id) = await cluster[0].JoinAsync();
        var socket = cluster[0].IO.Root.Find(id)!;
        var value = JsonSerializer.Deserialize<JsonElement>(Deep(depth));
        Func<Task>[] ways =
        [
            () => cluster[0].IO.Emit("said", value),
            () => cluster[0].IO.To(id.ToString()).Emit("said", value),
            () => cluster[0].IO.Local.Emit("said", value),
            () =>
            {
                socket.Emit("said", value);
                return Task.CompletedTask;
            },
        ];
        foreach (var way in ways)
        {
            if (isGood)
            {
                await way().InTimeAsync();
                Assert.Equal($"42[\"said\",{Deep(depth)}]", await client.ReceiveAsync());
            }
            else
            {
                Assert.Contains("deeper than 62", (await Assert.ThrowsAnyAsync<JsonException>(way)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task What_a_client_sends_too_deep_is_not_passed_on_and_is_no_error_of_the_server()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.On("say", (SocketIOValue value) => io.Emit("said", value));
            io.On("echo", (SocketIOValue value) => value);
        });
        var (client, _) = await cluster[0].JoinAsync();
        await client.SendAsync($"42[\"say\",{Deep(63)}]");
        await client.SendAsync($"420[\"echo\",{Deep(63)}]");
        await client.SendAsync("421[\"echo\",\"still here\"]");

        Assert.Equal("431[\"still here\"]", await client.ReceiveAsync());
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Theory]
    [InlineData("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[\"]")]
    [InlineData("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
        + "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]")]
    public void Many_brackets_are_not_deep(string json) => JsonLimits.CheckArguments(Encoding.UTF8.GetBytes(json));

    private static string Deep(int levels) => new string('[', levels) + new string(']', levels);
}
