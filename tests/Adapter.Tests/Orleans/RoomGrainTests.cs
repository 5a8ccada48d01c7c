using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using OrleansAdapter.Tests.SignalR;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>What a service that has an Orleans client and nothing else can do.</summary>
public sealed class RoomGrainTests(SiloWithDoor silos) : HubSuite(silos.NewCluster()), IClassFixture<SiloWithDoor>
{
    private IHost? _service;

    [Fact]
    public async Task It_sends_to_a_room_to_a_user_to_one_socket_and_to_everybody()
    {
        var (grains, server) = (await ServiceAsync(), await ServerAsync());
        var (@namespace, member) = (server.Namespace.Name, await server.ConnectAsync(user: "mia@example.org#1"));
        await server.Manager.AddToGroupAsync(member.Id, "lobby").InTimeAsync();
        var other = await server.ConnectAsync();

        await grains.GetRoom(@namespace, "lobby").EmitAsync("said", "to the room").InTimeAsync();
        await grains.GetUser(@namespace, "mia@example.org#1").EmitAsync("said", "to the user").InTimeAsync();
        await grains.GetRoom(@namespace, member.Id).EmitAsync("said", "to the socket").InTimeAsync();
        await grains.GetNamespace(@namespace).EmitAsync("said", "to all").InTimeAsync();

        await member.HearsAsync("to the room");
        await member.HearsAsync("to the user");
        await member.HearsAsync("to the socket");
        await member.HearsAsync("to all");
        await other.HearsAsync("to all");
    }

    [Fact]
    public async Task It_asks_who_is_in_a_room_and_makes_them_join_and_leave()
    {
        var (grains, a, b) = (await ServiceAsync(), await ServerAsync(), await ServerAsync());
        var (@namespace, first, second) = (a.Namespace.Name, await a.ConnectAsync(), await b.ConnectAsync());
        await a.Manager.AddToGroupAsync(first.Id, "one").InTimeAsync();
        await b.Manager.AddToGroupAsync(second.Id, "one").InTimeAsync();
        var (one, two) = (grains.GetRoom(@namespace, "one"), grains.GetRoom(@namespace, "two"));

        Assert.Equal(new[] { first.Id, second.Id }.Order(), await IdsAsync(one));
        await one.JoinAsync(["two"], TestContext.Current.CancellationToken);
        Assert.Equal(new[] { first.Id, second.Id }.Order(), await IdsAsync(two));
        await grains.GetRoom(@namespace, second.Id).LeaveAsync(["two"], TestContext.Current.CancellationToken);
        Assert.Equal([first.Id], await IdsAsync(two));
    }

    [Fact]
    public async Task It_disconnects_the_members_of_a_room()
    {
        var (grains, server) = (await ServiceAsync(), await ServerAsync());
        var (member, other) = (await server.ConnectAsync(), await server.ConnectAsync());
        await server.Manager.AddToGroupAsync(member.Id, "out").InTimeAsync();

        await grains.GetRoom(server.Namespace.Name, "out").DisconnectAsync(close: true, TestContext.Current.CancellationToken);
        await member.Served.InTimeAsync();
        await grains.GetNamespace(server.Namespace.Name).EmitAsync("said", "still here").InTimeAsync();

        await other.HearsAsync("still here");
    }

    [Fact]
    public async Task It_asks_a_server_what_it_tells_of_itself()
    {
        var (grains, server) = (await ServiceAsync(), await ServerAsync(options => options.ServerName = "the one"));
        var grain = grains.GetGrain<IServerGrain>(server.This.Process.ToString());

        // The list of servers may have it before the server's own grain does.
        ServerInformation? told = null;
        await InTime.UntilAsync(() => (told = grain.DescribeAsync().GetAwaiter().GetResult()) is not null);
        var nobody = await grains.GetGrain<IServerGrain>(ServerId.NewProcess().Process.ToString()).DescribeAsync().InTimeAsync();

        Assert.Equal("the one", told?.Name);
        Assert.Null(nobody);
    }

    [Fact]
    public async Task Arguments_that_are_no_JSON_array_are_an_error_of_the_caller()
    {
        var grains = await ServiceAsync();

        var thrown = await Assert.ThrowsAsync<ArgumentException>(
            () => grains.GetNamespace("/").EmitJsonAsync("said", "{}"u8.ToArray(), TestContext.Current.CancellationToken));

        Assert.Contains("no array", thrown.Message, StringComparison.Ordinal);
    }

    private static async Task<IEnumerable<string>> IdsAsync(IRoomGrain room) =>
        (await room.SocketsAsync(TestContext.Current.CancellationToken)).Select(id => id.ToString()).Order();

    private async Task<IGrainFactory> ServiceAsync()
    {
        _service = ((OrleansTestCluster)Cluster).Silos.NewClient();
        await _service.StartAsync(TestContext.Current.CancellationToken);
        ((OrleansTestCluster)Cluster).Ends(_service);
        return _service.Services.GetRequiredService<IClusterClient>();
    }
}
