using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>
/// A client that ends while its mailboxes are being pushed. What Orleans throws on a thread of the pool, where an event meets a client that has ended
/// meanwhile, would be the end of this test program.
/// </summary>
public sealed class ClientEndTests : IAsyncLifetime
{
    private const int Rounds = 15;
    private const int Namespaces = 8;

    private TestSilos? _silos;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync();

    public ValueTask DisposeAsync() => _silos!.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_ends_while_events_come_ends_quietly(bool orderly)
    {
        for (var round = 0; round < Rounds; round++)
        {
            using var client = _silos!.NewClient();
            await client.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
            var directory = client.Services.GetRequiredService<IDirectory>();
            var server = new TestServer(directory);
            await directory.StartAsync(server.Life.Process, server, TestContext.Current.CancellationToken).InTimeAsync();
            var names = Enumerable.Range(0, Namespaces).Select(i => $"/{round}-{i}").ToArray();
            await Task.WhenAll(names.Select(server.RegisterAsync)).InTimeAsync();
            using var end = new CancellationTokenSource();
            var begun = names.Select(_ => new TaskCompletionSource()).ToArray();
            var events = names.Select((name, i) => PushAsync(name, server, begun[i], end.Token)).ToArray();
            await Task.WhenAll(begun.Select(one => one.Task)).InTimeAsync();

            await EndAsync(client, directory, orderly).InTimeAsync();

            await end.CancelAsync();
            await Task.WhenAll(events).InTimeAsync();
        }
    }

    private static async Task EndAsync(IHost client, IDirectory directory, bool orderly)
    {
        if (orderly)
        {
            await directory.DisposeAsync();
        }
        await client.StopAsync(new CancellationToken(canceled: !orderly)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Writes to a life's mailbox what its home might: the next event as soon as the one before was heard, so that there always is one on its way.
    /// </summary>
    private async Task PushAsync(string @namespace, TestServer server, TaskCompletionSource begun, CancellationToken cancellationToken)
    {
        var stream = _silos!.Services().GetRequiredService<IClusterClient>().GetStreamProvider(MailboxStreams.ProviderName)
            .GetStream<MailboxBatch>(MailboxStreams.OfLife(@namespace, server.Life));
        var batch = new MailboxBatch([Wire.Write(new WrongEpoch { Life = server.Life, Epoch = 1 }, ProtocolVersion.Oldest)]);
        try
        {
            for (var i = 0; ; i++)
            {
                await stream.OnNextAsync(batch).WaitAsync(cancellationToken);
                await server.Home(@namespace).ReadAsync(cancellationToken);
                if (i == 20)
                {
                    begun.SetResult();
                }
            }
        }
        catch (Exception exception) when (begun.Task.IsCompleted)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(exception.Message); // the end: of the wait, or of the client that the event was for
        }
    }
}
