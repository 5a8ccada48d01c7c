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

    /// <summary>A server lost together with its home may have seen an end of its own ("Deliberately not promised", 2).</summary>
    private static IEnumerable<Publish> Counted(LifeRecord life, Recording recording) =>
        (life.HasEnded && recording.Crashes.TryGetValue(life.LastEpoch, out var crash)
            ? life.Handled.Where(h => h.Number <= crash.Stable && !crash.Unanswered.Contains(h.Publish))
            : life.Handled).Select(h => h.Publish);
}
