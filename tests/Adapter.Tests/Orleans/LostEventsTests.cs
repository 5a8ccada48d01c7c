using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>No event of a mailbox stream ever comes, and nothing that a server says by the clock makes up for it: it asks.</summary>
public sealed class LostEventsTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SiloServers _servers = new();
    private TestSilos? _silos;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(FaultyStreams.Options(lostOfTen: 10));

    public async ValueTask DisposeAsync()
    {
        await _servers.DisposeAsync();
        await _silos!.DisposeAsync();
    }

    [Fact]
    public async Task An_idle_server_gets_its_entries_and_a_request_its_answers()
    {
        var (idle, other) = (await ServerAsync(), await ServerAsync());
        var member = new Member(idle.Of("/").NewSocketId());
        await idle.Of("/").ConnectAsync(member).WaitAsync(Limit, TestContext.Current.CancellationToken);

        await other.Of("/").Emit("hello").WaitAsync(Limit, TestContext.Current.CancellationToken);
        await member.Hears.WaitAsync(Limit, TestContext.Current.CancellationToken);

        var sockets = await other.Of("/")
            .FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken)
            .WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(member.Id, Assert.Single(sockets).Id);
    }

    private Task<ThisServer> ServerAsync() => _servers.StartAsync(_silos!.NewDirectory(), options =>
    {
        options.RequestsTimeout = Limit;
        options.HeartbeatTimeout = TimeSpan.FromHours(1);
        options.HeartbeatInterval = options.LeaseRenewal = TimeSpan.FromMinutes(20);
    });

    private sealed class Member(SocketId id) : LocalSocket(id)
    {
        private readonly TaskCompletionSource _hears = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Hears => _hears.Task;

        internal override void Deliver(Packet packet) => _hears.TrySetResult();

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason)
        {
        }
    }
}
