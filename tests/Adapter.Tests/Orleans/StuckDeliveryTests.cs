using Orleans;
using Orleans.Hosting;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>
/// Mailbox events whose delivery takes for ever, or whose result is lost. Nothing that a server says by the clock makes up for it: its leases are long.
/// </summary>
public sealed class StuckDeliveryTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Deliveries _deliveries = new();
    private readonly SiloServers _servers = new();
    private TestSilos? _silos;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(new TestSilosOptions { Silo = silo => silo.AddOutgoingGrainCallFilter(_deliveries) });

    public async ValueTask DisposeAsync()
    {
        _deliveries.Before = () => Task.CompletedTask;
        await _servers.DisposeAsync();
        await _silos!.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_takes_nothing_holds_up_neither_the_home_nor_who_publishes()
    {
        const int messages = 50;
        var (publisher, stuck) = (await ServerAsync(), await ServerAsync());
        var (here, there) = (await MemberAsync(publisher), await MemberAsync(stuck));
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _deliveries.Before = () =>
        {
            reached.TrySetResult();
            return open.Task;
        };

        for (var i = 0; i < messages; i++)
        {
            await publisher.Of("/").Emit($"{i}").WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Equal($"{i}", await here.NextAsync());
        }

        await reached.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        open.SetResult();
        for (var i = 0; i < messages; i++)
        {
            Assert.Equal($"{i}", await there.NextAsync());
        }
    }

    [Fact]
    public async Task An_acknowledgement_that_is_lost_with_the_result_of_a_delivery_holds_up_nothing()
    {
        var (publisher, other) = (await ServerAsync(), await ServerAsync());
        var member = await MemberAsync(other);
        _deliveries.After = () => throw new TimeoutException("The result is lost.");
        await publisher.Of("/").Emit("one").WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal("one", await member.NextAsync());
        await _deliveries.Failed.WaitAsync(Limit, TestContext.Current.CancellationToken);
        _deliveries.After = () => { };

        await publisher.Of("/").Emit("two").WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal("two", await member.NextAsync());
    }

    private Task<ThisServer> ServerAsync() => _servers.StartAsync(_silos!.NewDirectory(), options =>
    {
        options.RequestsTimeout = Limit;
        options.HeartbeatTimeout = TimeSpan.FromHours(1);
        options.HeartbeatInterval = options.LeaseRenewal = TimeSpan.FromMinutes(20);
    });

    private static async Task<Member> MemberAsync(ThisServer server)
    {
        var member = new Member(server.Of("/").NewSocketId());
        await server.Of("/").ConnectAsync(member).WaitAsync(Limit, TestContext.Current.CancellationToken);
        return member;
    }

    /// <summary>Meddles with the delivery of entries.</summary>
    private sealed class Deliveries : IOutgoingGrainCallFilter
    {
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<Task> Before { get; set; } = () => Task.CompletedTask;

        public Action After { get; set; } = () => { };

        public Task Failed => _failed.Task;

        public async Task Invoke(IOutgoingGrainCallContext context)
        {
            if (context.MethodName != nameof(IMailboxObserver.Deliver))
            {
                await context.Invoke();
                return;
            }
            await Before();
            await context.Invoke();
            try
            {
                After();
            }
            catch
            {
                _failed.TrySetResult();
                throw;
            }
        }
    }

    private sealed class Member(SocketId id) : LocalSocket(id)
    {
        private readonly System.Threading.Channels.Channel<string> _heard = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public Task<string> NextAsync() => _heard.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit);

        internal override void Deliver(Packet packet) => _heard.Writer.TryWrite(packet.Event);

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason)
        {
        }
    }
}
