namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Whoever asks knows whom to wait for: every server that the home named and that is still there has handled the request.</summary>
internal static class RequestCheck
{
    public static void Check(SimulatedCluster cluster)
    {
        var alive = cluster.LiveServers.Select(server => server.Life).ToHashSet();
        foreach (var request in cluster.Recording.Publishes.Where(p => p.Operation.Kind == OperationKind.Request && p.Success is not null && alive.Contains(p.Publisher)))
        {
            if (request.LostTargets && cluster.Recording.Crashes.Count > 0)
            {
                cluster.Recording.Count(request.Targets is null ? "request without targets" : "request that keeps its old targets");
                continue;
            }
            if (request.Targets is null)
            {
                throw new ViolationException($"P8: {request} succeeded, and nobody knows whom to wait for");
            }
            cluster.Recording.Count("request with targets");
            if (request.Targets.FirstOrDefault(life => alive.Contains(life) && !request.HandledBy.Contains(life) && !cluster.Recording.Life(life).WasReadmitted) is { IsNone: false } silent)
            {
                throw new ViolationException($"P8: {request} waits for {silent}, which never got it");
            }
            if (cluster.Recording.Crashes.Count == 0 && request.HandledBy.Find(life => !request.Targets.Contains(life)) is { IsNone: false } unknown)
            {
                throw new ViolationException($"P8: {request} was handled by {unknown}, and the asker does not know");
            }
        }
    }
}
