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

    private void Act(SecretHash id, long since)
    {
        foreach (var (by, asked) in Recording.Acted.GetValueOrDefault(id, []))
        {
            // Where the home was lost, and who acted is gone as well, only what another server had received of it is left (not promised, 1).
            if (_cluster.Now - asked <= _cluster.Settings.Recovery!.KeepSessions && (Recording.Crashes.Count == 0 || IsKnown(id, by)))
            {
                throw new ViolationException($"R23: request {id.High} was acted on by {by}, and then by {Life}");
            }
        }
        HeardActed.Add((id, Life));
        Recording.Acted.TryAdd(id, []);
        Recording.Acted[id].Add((Life, since));
    }
}
