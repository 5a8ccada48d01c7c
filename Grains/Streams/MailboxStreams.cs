using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace OrleansAdapter.Grains;

/// <summary>
/// The ids of streams: one for each home and life, with the home's messages, and one for each process, with the answers to its requests. Neither a life nor
/// its stream is ever used again.
/// </summary>
internal static class MailboxStreams
{
    /// <summary>The name of the stream provider that <c>AddOrleansDirectory</c> adds.</summary>
    public const string ProviderName = "OrleansAdapter";

    private const string Mailbox = "OrleansAdapter.Mailbox";
    private const string Answers = "OrleansAdapter.Answers";

    /// <summary>The stream of a home's messages to a life.</summary>
    public static StreamId OfLife(string @namespace, ServerId life) => StreamId.Create(Mailbox, $"{life}{@namespace}");

    /// <summary>The stream of the answers to a process's requests.</summary>
    public static StreamId OfProcess(ServerId process) => StreamId.Create(Answers, process.Process.ToString());
}

/// <summary>Removes the subscriptions that other stream providers keep for minutes after the subscriber has died. Ours keeps none.</summary>
internal sealed class KeptSubscriptions(IServiceProvider services, IOptions<DirectoryOptions> options)
{
    private const int Tries = 10;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly string _provider = options.Value.StreamProvider;

    /// <summary>
    /// Removes all subscriptions to a stream. It is tried for a while, because the grain that knows them may have died with its silo just now.
    /// </summary>
    public async Task RemoveAsync(StreamId stream)
    {
        if (_provider == MailboxStreams.ProviderName || services.GetService<IStreamSubscriptionManagerAdmin>() is not { } admin)
        {
            return;
        }
        for (var left = Tries - 1; ; left--)
        {
            try
            {
                await TryRemoveAsync(admin, stream);
                return;
            }
#pragma warning disable CA1031 // Whatever it was; the last one is the caller's.
            catch (Exception) when (left > 0)
#pragma warning restore CA1031
            {
                await Task.Delay(TryAgainAfter);
            }
        }
    }

    private async Task TryRemoveAsync(IStreamSubscriptionManagerAdmin admin, StreamId stream)
    {
        var manager = admin.GetStreamSubscriptionManager(StreamSubscriptionManagerType.ExplicitSubscribeOnly);
        foreach (var subscription in await manager.GetSubscriptions(_provider, stream))
        {
            await manager.RemoveSubscription(_provider, stream, subscription.SubscriptionId);
        }
    }
}
