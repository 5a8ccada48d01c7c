using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>A home that has more calls waiting than it may: it refuses the rest, which slows publishers down and costs nobody a message.</summary>
public sealed class BackPressureTests : IAsyncLifetime
{
    private const int Servers = 4;
    private const int Messages = 50;
    private const int MostWaiting = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Gate _gate = new();
    private readonly Refusals _refusals = new();
    private readonly SiloServers _servers = new();
    private TestSilos? _silos;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(new TestSilosOptions
    {
        Silo = silo => silo
            .Configure<SiloMessagingOptions>(messaging => messaging.MaxEnqueuedRequestsHardLimit = MostWaiting)
            .AddIncomingGrainCallFilter(_gate),
        Client = client => client.AddOutgoingGrainCallFilter(_refusals),
    });

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        await _servers.DisposeAsync();
        await _silos!.DisposeAsync();
    }

    [Fact]
    public async Task Publishers_of_a_home_that_refuses_calls_wait_and_nothing_is_lost_or_twice()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, Servers).Select(_ => ServerAsync()));
        var name = "/busy";
        var members = new List<Member>();
        foreach (var server in servers)
        {
            await server.Of(name).Ready.WaitAsync(Limit, TestContext.Current.CancellationToken);
            var member = new Member(server.Of(name).NewSocketId(), Servers * Messages);
            await server.Of(name).ConnectAsync(member);
            members.Add(member);
        }

        _gate.Close();
        var published = servers.SelectMany(
            server => Enumerable.Range(0, Messages).Select(i => server.Of(name).Emit($"{server.Of(name).Life} {i:D3}"))).ToArray();
        await _refusals.Happened.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(published, task => task.IsCompleted);
        _gate.Open();
        await Task.WhenAll(published).WaitAsync(Limit, TestContext.Current.CancellationToken);

        foreach (var member in members)
        {
            await member.All.WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Null(member.Closed);
            Assert.Equal(members[0].Seen, member.Seen);
        }
        Assert.Equal(Servers * Messages, members[0].Seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Servers * Messages, members[0].Seen.Count);
        Assert.All(members[0].Seen.GroupBy(seen => seen[..^4], StringComparer.Ordinal), own => Assert.Equal(own.Order(StringComparer.Ordinal), own));
    }

    private Task<ThisServer> ServerAsync() => _servers.StartAsync(_silos!.NewDirectory(), options => options.RequestsTimeout = Limit);

    /// <summary>While it is closed, a home does not finish the call it is at.</summary>
    private sealed class Gate : IIncomingGrainCallFilter
    {
        private volatile TaskCompletionSource _open = Opened();

        public void Close() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _open.TrySetResult();

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.Grain is HomeGrain && context.MethodName == nameof(IHomeGrain.Send))
            {
                await _open.Task;
            }
            await context.Invoke();
        }

        private static TaskCompletionSource Opened()
        {
            var open = new TaskCompletionSource();
            open.SetResult();
            return open;
        }
    }

    /// <summary>Tells when a home has refused several calls as too many.</summary>
    private sealed class Refusals : IOutgoingGrainCallFilter
    {
        private readonly TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task Happened => _happened.Task;

        public async Task Invoke(IOutgoingGrainCallContext context)
        {
            try
            {
                await context.Invoke();
            }
            catch (LimitExceededException) when (context.InterfaceName.EndsWith(nameof(IHomeGrain), StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref _count) == Servers)
                {
                    _happened.TrySetResult();
                }
                throw;
            }
        }
    }

    private sealed class Member(SocketId id, int all) : LocalSocket(id)
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Seen { get; } = [];

        public Task All => _all.Task;

        public DisconnectReason? Closed { get; private set; }

        internal override void Deliver(Packet packet)
        {
            Seen.Add(packet.Event);
            if (Seen.Count == all)
            {
                _all.TrySetResult();
            }
        }

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason)
        {
            Closed = reason;
            _all.TrySetResult();
        }
    }
}
