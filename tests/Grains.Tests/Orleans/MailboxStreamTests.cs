using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Streams;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>Mailbox streams as streams of Orleans.</summary>
public sealed class MailboxStreamTests : IAsyncLifetime
{
    private OrleansCluster? _cluster;

    private IServiceProvider Silo => _cluster!.Silos.Services();

    public async ValueTask InitializeAsync() => _cluster = (OrleansCluster)await OrleansCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster!.DisposeAsync();

    [Fact]
    public async Task What_listens_to_a_mailbox_is_not_collected_as_garbage()
    {
        var server = await _cluster!.NewServerAsync();
        await server.RegisterAsync("/");
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        await StreamOf(server.Life).OnNextAsync(Event(server.Life, epoch: 17));

        await HearsAsync(server, epoch: 17);
    }

    [Fact]
    public async Task What_a_late_event_says_to_an_earlier_life_goes_nowhere_and_the_next_life_has_events_of_its_own()
    {
        var server = await _cluster!.NewServerAsync();
        await server.RegisterAsync("/");
        var earlier = Silo.GetRequiredService<MailboxSubscribers>().Find(MailboxStreams.OfLife("/", server.Life))!.Observer;
        var next = server.Life.NextIncarnation();
        await server.NewLife("/", next).RegisterAsync(replaces: server.Life);

        var late = earlier.Deliver(Event(server.Life, epoch: 16));
        await StreamOf(next).OnNextAsync(Event(next, epoch: 17));

        await HearsAsync(server, epoch: 17);
        await Assert.ThrowsAnyAsync<Exception>(() => late.InTimeAsync());
    }

    [Fact]
    public async Task An_event_for_nobody_is_lost_at_once() =>
        await StreamOf(ServerId.NewProcess()).OnNextAsync(MailboxBatch.Empty).InTimeAsync();

    [Fact]
    public void A_stream_of_anything_else_is_refused_with_what_to_do()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Provider.GetStream<string>(MailboxStreams.OfLife("/", ServerId.NewProcess())));

        Assert.Contains("a provider of your own", refused.Message, StringComparison.Ordinal);
    }

    private IStreamProvider Provider => Silo.GetRequiredService<IClusterClient>().GetStreamProvider(MailboxStreams.ProviderName);

    private IAsyncStream<MailboxBatch> StreamOf(ServerId life) => Provider.GetStream<MailboxBatch>(MailboxStreams.OfLife("/", life));

    private static MailboxBatch Event(ServerId life, long epoch) => new([Wire.Write(new WrongEpoch { Life = life, Epoch = epoch }, ProtocolVersion.Oldest)]);

    /// <summary>Waits for an event, passing over what the home says.</summary>
    private static async Task HearsAsync(TestServer server, long epoch)
    {
        while (await server.Home("/").ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync() is not WrongEpoch wrong || wrong.Epoch != epoch)
        {
            // not that one
        }
    }
}
