using System.Text.Json;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A message of a load: who said it, and its number there.</summary>
internal readonly record struct Message(string From, int N);

/// <summary>Checks what members of one room heard against what was promised.</summary>
internal static class Histories
{
    /// <summary>
    /// Waits until each member has heard all that was acknowledged to the publishers, and checks that nobody heard anything twice, that one order holds
    /// for all, and that each publisher's messages kept theirs.
    /// </summary>
    /// <param name="publishers">Clients that said things under load, and rest.</param>
    /// <param name="members">Clients that were in the room all the time, and said and heard nothing else.</param>
    public static async Task CheckAsync(IReadOnlyCollection<JavaScriptClient> publishers, IReadOnlyCollection<JavaScriptClient> members)
    {
        foreach (var member in members)
        {
            Assert.Equal([], await LostAsync(publishers, member));
        }
        Check([.. members.Select(Heard)]);
    }

    /// <summary>
    /// Checks what members heard that were disconnected now and then: nothing twice, one order for all, and no gap in what they heard of one publisher
    /// while they were connected, but for messages that it was told had failed.
    /// </summary>
    public static void CheckConnected(IReadOnlyCollection<JavaScriptClient> publishers, IReadOnlyCollection<JavaScriptClient> members)
    {
        Check([.. members.Select(Heard)]);
        var failed = FailedOf(publishers);
        foreach (var member in members)
        {
            Assert.Equal([], Gaps(failed, member)); // it was connected, and did not hear these
        }
    }

    /// <summary>Waits until a member has heard all that was acknowledged to the publishers; returns what it has not heard after a minute.</summary>
    public static async Task<IReadOnlyCollection<Message>> LostAsync(IReadOnlyCollection<JavaScriptClient> publishers, JavaScriptClient member)
    {
        var missing = publishers.SelectMany(p => p.Acknowledged.All.Select(a => new Message(p.Name, a.Number))).ToHashSet();
        Assert.NotEmpty(missing);
        try
        {
            await member.Said.FirstAsync(
                said =>
                {
                    missing.Remove(Parse(said));
                    return missing.Count == 0;
                },
                "all that was acknowledged");
        }
        catch (TimeoutException)
        {
            // What is left, it has not heard.
        }
        return missing;
    }

    /// <summary>What publishers were told had failed.</summary>
    public static HashSet<Message> FailedOf(IEnumerable<JavaScriptClient> publishers) =>
        publishers.SelectMany(p => p.Failed.All.Select(f => new Message(p.Name, f.Number))).ToHashSet();

    /// <summary>What a member did not hear while it was connected, between two messages of one publisher, and that has not failed.</summary>
    public static List<Message> Gaps(HashSet<Message> failed, JavaScriptClient member)
    {
        List<Message> gaps = [];
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var part in member.Story.All)
        {
            if (part is null)
            {
                next.Clear();
                continue;
            }
            var message = Parse(part);
            for (var n = next.GetValueOrDefault(message.From, message.N); n < message.N; n++)
            {
                if (!failed.Contains(message with { N = n }))
                {
                    gaps.Add(message with { N = n });
                }
            }
            next[message.From] = message.N + 1;
        }
        return gaps;
    }

    /// <summary>What a member heard.</summary>
    public static Message[] Heard(JavaScriptClient member) => [.. member.Said.All.Select(Parse)];

    /// <summary>Checks that nothing is in a history twice, that all are parts of one order, and that this is each publisher's own.</summary>
    public static void Check(IReadOnlyList<Message[]> histories)
    {
        foreach (var history in histories)
        {
            Assert.Equal([], Twice(history));
            Assert.Equal([], Late(history));
        }
        Assert.Equal([], InNoOrder(histories));
    }

    /// <summary>What is in a history more than once.</summary>
    public static IEnumerable<Message> Twice(IEnumerable<Message> history) =>
        history.GroupBy(message => message).Where(same => same.Count() > 1).Select(same => same.Key);

    /// <summary>What comes behind a later message of the same publisher.</summary>
    public static IEnumerable<Message> Late(IEnumerable<Message> history)
    {
        var highest = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var message in history)
        {
            if (message.N < highest.GetValueOrDefault(message.From))
            {
                yield return message;
            }
            else
            {
                highest[message.From] = message.N;
            }
        }
    }

    /// <summary>
    /// The messages that keep the histories from being parts of one order; none where they are. Takes away, again and again, a message that nobody heard
    /// anything before that is still left.
    /// </summary>
    public static HashSet<Message> InNoOrder(IReadOnlyList<Message[]> histories)
    {
        var before = histories.SelectMany(history => history).Distinct().ToDictionary(message => message, _ => 0);
        var after = before.Keys.ToDictionary(message => message, _ => new List<Message>());
        foreach (var history in histories)
        {
            for (var i = 1; i < history.Length; i++)
            {
                before[history[i]]++;
                after[history[i - 1]].Add(history[i]);
            }
        }
        var free = new Queue<Message>(before.Where(entry => entry.Value == 0).Select(entry => entry.Key));
        while (free.TryDequeue(out var message))
        {
            before.Remove(message);
            foreach (var next in after[message])
            {
                if (--before[next] == 0)
                {
                    free.Enqueue(next);
                }
            }
        }
        return [.. before.Keys];
    }

    private static Message Parse(string said)
    {
        using var json = JsonDocument.Parse(said);
        return new Message(json.RootElement.GetProperty("from").GetString()!, json.RootElement.GetProperty("n").GetInt32());
    }
}
