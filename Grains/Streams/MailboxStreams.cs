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

    private const int RemovalTries = 10;
    private static readonly TimeSpan RemoveAgainAfter = TimeSpan.FromSeconds(1);

    private const string Mailbox = "OrleansAdapter.Mailbox";
    private const string Answers = "OrleansAdapter.Answers";

    /// <summary>The stream of a home's messages to a life.</summary>
    public static StreamId OfLife(string @namespace, ServerId life) => StreamId.Create(Mailbox, $"{life}{@namespace}");

    /// <summary>The stream of the answers to a process's requests.</summary>
    public static StreamId OfProcess(ServerId process) => StreamId.Create(Answers, process.Process.ToString());

    /// <summary>
    /// Removes all subscriptions to a stream. It is tried for a while, because the grain that knows them may have died with its silo just now.
    /// </summary>
    public static async Task RemoveSubscriptionsAsync(IStreamSubscriptionManagerAdmin admin, string provider, StreamId stream)
    {
        for (var left = RemovalTries - 1; ; left--)
        {
            try
            {
                await TryRemoveSubscriptionsAsync(admin, provider, stream);
                return;
            }
#pragma warning disable CA1031 // Whatever it was; the last one is the caller's.
            catch (Exception) when (left > 0)
#pragma warning restore CA1031
            {
                await Task.Delay(RemoveAgainAfter);
            }
        }
    }

    private static async Task TryRemoveSubscriptionsAsync(IStreamSubscriptionManagerAdmin admin, string provider, StreamId stream)
    {
        var manager = admin.GetStreamSubscriptionManager(StreamSubscriptionManagerType.ExplicitSubscribeOnly);
        foreach (var subscription in await manager.GetSubscriptions(provider, stream))
        {
            await manager.RemoveSubscription(provider, stream, subscription.SubscriptionId);
        }
    }
}
