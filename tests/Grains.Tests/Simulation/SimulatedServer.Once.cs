using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <content>Requests that clients repeat, here and at other servers: one of them is acted on, within the window (R23).</content>
internal sealed partial class SimulatedServer
{
    private readonly List<(PendingOnce Once, SecretHash Id, long Since)> _onces = [];

    /// <summary>The requests of which it heard that a server is to act on them, and which.</summary>
    public HashSet<(SecretHash Id, ServerId By)> HeardActed { get; } = [];

    /// <summary>Whether a handler still waits to be told whether it may act.</summary>
    public bool AsksOnce => _onces.Count > 0;

    /// <summary>A handler asks whether it is the first.</summary>
    public void Once(SecretHash id)
    {
        Recording.Log($"{Life} ASKS whether request {id.High} is new");
        var once = new PendingOnce(id, State.Granted);
        Turn(() => State.Ask(once, _cluster.Now));
        _onces.Add((once, id, _cluster.Now));
        SweepOnces();
    }

    private void SweepOnces()
    {
        for (var i = _onces.Count - 1; i >= 0; i--)
        {
            var (once, id, since) = _onces[i];
            if (!once.Task.IsCompleted)
            {
                continue;
            }
            _onces.RemoveAt(i);
            if (!once.Task.IsCompletedSuccessfully)
            {
                Recording.Count("request: nobody can tell");
                continue;
            }
            var refusal = once.Task.Result;
            Recording.Count(refusal == ClaimRefusal.None ? "request acted on" : $"request: {refusal}");
            Recording.Log($"{Life} is told of request {id.High}: {refusal}");
            if (refusal == ClaimRefusal.None)
            {
                Act(id, since);
            }
            else if (refusal == ClaimRefusal.NotYet)
            {
                _cluster.Agenda.In(50, () => _cluster.Whenever(this, () => Once(id)));
            }
        }
    }

    private bool IsKnown(SecretHash id, ServerId by)
    {
        var lives = _cluster.Directory.Current.Home.Lives;
        return _cluster.LiveServers.Any(server => lives.Contains(server.Life) && server.HeardActed.Contains((id, by)));
    }

    /// <summary>
    /// Whether all who told a later home how things were had come since a request was acted on: they were told for how long such requests count, and no home
    /// had to do without anybody who knew that.
    /// </summary>
    private bool IsKnownToBeUnheard(long when) =>
        _cluster.Settings.Faults == FaultClass.WorkersReplacedThenDirectoryKilled
            && Recording.Openings.Where(opening => opening.At > when).All(
                opening => opening.Merged.Count > 0 && opening.Merged.All(life => _cluster.StartOf(life) > when));

    private void Act(SecretHash id, long since)
    {
        foreach (var (by, asked, when) in Recording.Acted.GetValueOrDefault(id, []))
        {
            // Where the home was lost, and who acted is gone as well, only what another server had received of it is left (not promised, 1).
            if (_cluster.Now - asked <= _cluster.Settings.Recovery!.KeepSessions
                && (Recording.Crashes.Count == 0 || IsKnown(id, by) || IsKnownToBeUnheard(when)))
            {
                throw new ViolationException($"R23: request {id.High} was acted on by {by}, and then by {Life}");
            }
        }
        HeardActed.Add((id, Life));
        Recording.Acted.TryAdd(id, []);
        Recording.Acted[id].Add((Life, since, _cluster.Now));
    }
}
