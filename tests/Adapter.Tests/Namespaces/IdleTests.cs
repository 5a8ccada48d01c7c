using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>A namespace may be left when the home knows that nobody is in it here: else it would wait for the answers of a life that is no more.</summary>
public sealed class IdleTests
{
    [Fact]
    public async Task It_is_idle_when_the_home_has_heard_that_its_last_socket_went_and_not_before()
    {
        await using var cluster = new InProcessTestCluster();
        var directory = new TestDirectory(cluster.NewDirectory());
        await using var services = new ServiceCollection().AddLogging().AddSingleton<IDirectory>(directory).AddOrleansAdapter().BuildServiceProvider();
        var server = services.GetRequiredService<ThisServer>();
        await server.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        var room = server.Of("/room");
        await room.Ready.InTimeAsync();
        Assert.True(room.IsIdle);

        var socket = new TestSocket(room.NewSocketId());
        await room.ConnectAsync(socket).InTimeAsync();
        Assert.False(room.IsIdle);

        directory.Loses = true;
        await room.DisconnectAsync(socket).InTimeAsync();
        await InTime.UntilAsync(() => room.HeldSockets == 0);
        Assert.False(room.IsIdle);

        directory.Loses = false;
        await InTime.UntilAsync(() => room.IsIdle);
    }
}
