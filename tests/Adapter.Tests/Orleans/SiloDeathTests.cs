using System.Collections.Concurrent;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>One silo of two dies under load, the one that hosts the home.</summary>
public sealed class SiloDeathTests : IAsyncLifetime
{
    private const int Doomed = 1;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SiloServers _servers = new();
    private TestSilos? _silos;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _servers.DisposeAsync();
        await (_silos?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_home_s_silo_is_killed_nothing_is_lost_or_twice_order_holds_and_nobody_is_closed(bool distributedDirectory)
    {
        _silos = await TestSilos.StartAsync(new TestSilosOptions { Silos = 2, DistributedDirectory = distributedDirectory });
        ThisServer[] servers = [await ServerAsync(), await ServerAsync(), await ServerAsync()];
        var name = await HomeOnDoomedSiloAsync();
        var members = new List<Member>();
        foreach (var server in servers)
        {
            var member = new Member(server.Of(name).NewSocketId());
            await server.Of(name).ConnectAsync(member);
            members.Add(member);
        }
        var halfway = new TaskCompletionSource();
        var done = new ConcurrentBag<string>();

        // Two publish, one is idle: it has to notice by itself that there is another home.
        var publishing = Task.WhenAll(servers.Take(2).Select(server => PublishAsync(server.Of(name), done, halfway)));
        await halfway.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        await _silos!.KillAsync(Doomed);
        await publishing.WaitAsync(Limit, TestContext.Current.CancellationToken);
        await servers[2].Of(name).Emit("the last").WaitAsync(Limit, TestContext.Current.CancellationToken);

        foreach (var member in members)
        {
            await member.Last.WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Null(member.Closed);
            Assert.Equal(members[0].Seen, member.Seen);
        }
        Assert.Equal(members[0].Seen.Count, members[0].Seen.Distinct().Count());
        Assert.Empty(done.Except(members[0].Seen));
        foreach (var own in members[0].Seen.Where(seen => seen.Contains(' ', StringComparison.Ordinal) && seen != "the last").GroupBy(seen => seen[..8]))
        {
            Assert.Equal(own.Order(StringComparer.Ordinal), own);
        }
    }

    private static async Task PublishAsync(Namespace @namespace, ConcurrentBag<string> done, TaskCompletionSource halfway)
    {
        const int all = 400;
        for (var i = 0; i < all; i++)
        {
            var text = $"{@namespace.Life} {i:D4}";
            await @namespace.Emit(text);
            done.Add(text);
            if (i == all / 4)
            {
                halfway.TrySetResult();
            }
        }
    }

    /// <summary>A namespace whose home lies on the silo that will die: the first call to it says where.</summary>
    private async Task<string> HomeOnDoomedSiloAsync()
    {
        for (var i = 0; ; i++)
        {
            var name = $"/namespace-{i}";
            await _silos!.PlaceHomeAsync(name, Doomed).WaitAsync(Limit, TestContext.Current.CancellationToken);
            if (await _silos.HasHomeAsync(name, Doomed))
            {
                return name;
            }
        }
    }

    private Task<ThisServer> ServerAsync() => _servers.StartAsync(_silos!.NewDirectory(), options => options.RequestsTimeout = Limit);

    private sealed class Member(SocketId id) : LocalSocket(id)
    {
        private readonly TaskCompletionSource _last = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Seen { get; } = [];

        public Task Last => _last.Task;

        public DisconnectReason? Closed { get; private set; }

        internal override void Deliver(Packet packet)
        {
            Seen.Add(packet.Event);
            if (packet.Event == "the last")
            {
                _last.TrySetResult();
            }
        }

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason)
        {
            Closed = reason;
            _last.TrySetResult();
        }
    }
}
