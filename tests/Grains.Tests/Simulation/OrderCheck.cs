namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// P1 and P6: there is one order of which every server handled a part, and which keeps each publisher's own. That is: what was handled before what, and
/// published before what, makes no circle.
/// </summary>
internal static class OrderCheck
{
    public static void Check(Recording recording)
    {
        var later = new List<int>[recording.Publishes.Count];
        var earlier = new int[later.Length];
        for (var i = 0; i < later.Length; i++)
        {
            later[i] = [];
        }
        foreach (var life in recording.Lives)
        {
            Chain(Counted(life, recording));
        }
        foreach (var own in recording.Publishes.GroupBy(publish => publish.Publisher))
        {
            Chain(own.OrderBy(publish => publish.Position));
        }
        foreach (var client in recording.Clients)
        {
            Chain(Counted(client, recording));
        }
        var free = new Stack<int>(Enumerable.Range(0, later.Length).Where(i => earlier[i] == 0));
        while (free.TryPop(out var i))
        {
            foreach (var next in later[i])
            {
                if (--earlier[next] == 0)
                {
                    free.Push(next);
                }
            }
        }
        var circle = recording.Publishes.Where(publish => earlier[publish.Index] > 0).ToArray();
        if (circle.Length > 0)
        {
            throw new ViolationException($"P1: no one order of {string.Join(", ", circle.AsEnumerable())}");
        }

        void Chain(IEnumerable<Publish> chain)
        {
            Publish? previous = null;
            foreach (var publish in chain)
            {
                if (previous is not null)
                {
                    later[previous.Index].Add(publish.Index);
                    earlier[publish.Index]++;
                }
                previous = publish;
            }
        }
    }

    /// <summary>
    /// What a client received, and by what others order it too: as little is promised to clients as to their servers, and what a home handed out that
    /// opened when another one had taken its place, is that home's own.
    /// </summary>
    public static IEnumerable<Publish> Counted(SimulatedClient client, Recording recording) => client.Received
        .Where(r => Counts(recording.Life(r.By), r.Publish, r.Offset.Number, recording) && !recording.OpenedLate.Contains(r.Offset.Epoch))
        .Select(r => r.Publish);

    private static IEnumerable<Publish> Counted(LifeRecord life, Recording recording) =>
        life.Handled.Where(h => Counts(life, h.Publish, h.Number, recording)).Select(h => h.Publish);

    /// <summary>A server lost together with its home may have seen an end of its own ("Deliberately not promised", 2).</summary>
    private static bool Counts(LifeRecord life, Publish publish, long number, Recording recording) =>
        !life.HasEnded || !recording.Crashes.TryGetValue(life.LastEpoch, out var crash) || (number <= crash.Stable && !crash.Unanswered.Contains(publish));
}
