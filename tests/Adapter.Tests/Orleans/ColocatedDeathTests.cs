using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Tests.Namespaces;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>
/// Servers that are silos, and one of them dies. Homes and all that Orleans keeps lie on any of them, and so does the knowledge of where they are.
/// </summary>
public sealed class ColocatedDeathTests : IAsyncLifetime
{
    private const int Namespaces = 12;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ServerId[] _ids = [ServerId.NewProcess(), ServerId.NewProcess(), ServerId.NewProcess()];
    private readonly SiloServers _servers = new();
    private TestSilos? _silos;

    private static string[] Names { get; } = [.. Enumerable.Range(0, Namespaces).Select(i => $"/{i}")];

    private IGrainFactory Grains => _silos!.Services().GetRequiredService<IGrainFactory>();

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(new TestSilosOptions
    {
        Silos = 1 + _ids.Length,
        Names = ["directory", .. _ids.Select(id => id.Process.ToString())],
        DistributedDirectory = true,
    });

    public async ValueTask DisposeAsync()
    {
        await _servers.DisposeAsync();
        await _silos!.DisposeAsync();
    }

    [Fact]
    public async Task Of_a_server_that_dies_nothing_is_left_and_homes_that_were_not_on_it_stay_what_they_are()
    {
        await SpreadHomesAsync();
        var servers = new List<ThisServer>();
        for (var i = 0; i < _ids.Length; i++)
        {
            servers.Add(await ServerAsync(i));
            await Task.WhenAll(
                Names.Select(name =>
                    servers[i]
                        .Of(name)
                        .ConnectAsync(new TestSocket(servers[i].Of(name).NewSocketId())))).WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
        var dead = servers[^1];
        var lives = Names.Select(name => dead.Of(name).Life).ToArray();
        var epochs = new Dictionary<string, long>();
        foreach (var name in Names)
        {
            if (!await _silos!.HasHomeAsync(name, _ids.Length))
            {
                epochs[name] = (await Grains.GetGrain<IHomeGrain>(name).Status()).Epoch;
            }
        }
        Assert.NotEmpty(epochs);

        await _silos!.KillAsync(_ids.Length);
        await servers[0].Directory.ReportDeathAsync(_ids[^1], TestContext.Current.CancellationToken);

        foreach (var (name, life) in Names.Zip(lives))
        {
            // Who asks is answered by those who are left, wherever the answers' stream, or its queue, lay.
            var sockets = await servers[0]
                .Of(name)
                .FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken)
                .WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Equal(_ids[..^1].Select(id => id.Process).Order(), sockets.Select(socket => socket.Id.Server.Process).Order());
            var status = await UntilAsync(() => Grains.GetGrain<IHomeGrain>(name).Status(), home => home.Mailboxes <= _ids.Length - 1);
            Assert.DoesNotContain(life, status.Lives);
            if (epochs.TryGetValue(name, out var epoch))
            {
                Assert.Equal(epoch, status.Epoch);
            }
            await UntilAsync(() => SubscribersAsync(MailboxStreams.OfLife(name, life)), left => left == 0);
        }
        await UntilAsync(() => SubscribersAsync(MailboxStreams.OfProcess(dead.Process)), left => left == 0);
        Assert.Equal(
            _ids[..^1].Select(id => id.Process).Order(),
            (await servers[0].ServersAsync(TestContext.Current.CancellationToken)).Select(server => server.Process).Order());
    }

    /// <summary>Homes on every silo: the first call to each says where. Left to Orleans, a busy machine may have them all on one.</summary>
    private async Task SpreadHomesAsync()
    {
        for (var i = 0; i < Names.Length; i++)
        {
            await _silos!.PlaceHomeAsync(Names[i], i % (1 + _ids.Length)).WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>How many of the silos that are left know whom to send a stream's events to.</summary>
    private Task<int> SubscribersAsync(StreamId stream) => Task.FromResult(
        Enumerable.Range(0, _ids.Length).Count(silo => _silos!.Services(silo).GetRequiredService<MailboxSubscribers>().Find(stream) is not null));

    private Task<ThisServer> ServerAsync(int index) => _servers.StartAsync(
        _silos!.Services(1 + index).GetRequiredService<IDirectory>(),
        options => (options.ServerId, options.RequestsTimeout) = (_ids[index].ToString(), Limit));

    /// <summary>Waits for a state of the cluster that no event tells of; a silo that died may be asked for it, which fails.</summary>
    private static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> match)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                var seen = await look().WaitAsync(limit.Token);
                if (match(seen))
                {
                    return seen;
                }
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(exception.Message);
            }
            await Task.Delay(20, limit.Token);
        }
    }
}
