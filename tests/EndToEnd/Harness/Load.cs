using System.Diagnostics;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>Clients that say one thing after the other to a room.</summary>
internal static class Load
{
    /// <summary>What each says at a time, at least.</summary>
    private const int Enough = 50;

    /// <summary>Has them begin, and waits until each has said enough.</summary>
    public static async Task BeginAsync(IReadOnlyCollection<JavaScriptClient> publishers, string room)
    {
        await Task.WhenAll(publishers.Select(client => client.LoadAsync(room)));
        await MoreAsync(publishers);
    }

    /// <summary>The longest time between two things that a client said, each of which comes right after the one before.</summary>
    /// <param name="client">The client.</param>
    /// <param name="since">From when on, as <see cref="Stopwatch"/> counts; 0 for always.</param>
    public static TimeSpan LongestWait(JavaScriptClient client, long since = 0)
    {
        var times = client.Acknowledged.All.Select(acknowledged => acknowledged.At).ToArray();
        return times.Zip(times.Skip(1)).Where(pair => pair.Second > since).Max(pair => Stopwatch.GetElapsedTime(pair.First, pair.Second));
    }

    /// <summary>Waits until each has said enough more, and was told that it is accepted.</summary>
    public static Task MoreAsync(IReadOnlyCollection<JavaScriptClient> publishers)
    {
        var before = publishers.ToDictionary(client => client, client => client.Acknowledged.Count);
        return Task.WhenAll(publishers.Select(client => client.Acknowledged.UntilAsync(before[client] + Enough, "more acknowledged messages")));
    }
}
