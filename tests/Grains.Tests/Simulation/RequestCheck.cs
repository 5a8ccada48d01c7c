using OrleansAdapter.Requests;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// Whoever asks knows whom to wait for: every server that the home named and that is still there has handled the request (P8). And it gets what they said:
/// each answer once and whole, from those who gave it, and nobody is given up but the dead and, when the time is up, the silent (P9).
/// </summary>
internal static class RequestCheck
{
    public static void Check(SimulatedCluster cluster)
    {
        foreach (var request in cluster.Recording.Publishes.Where(p => p.Request is { Task.IsCompletedSuccessfully: true }))
        {
            CheckResult(cluster, request, request.Request!.Task.Result);
        }
        var alive = cluster.LiveServers.Select(server => server.Life).ToHashSet();
        foreach (var request in cluster.Recording.Publishes.Where(p => p.Operation.Kind == OperationKind.Request && p.Success is not null
            && alive.Contains(p.Publisher)))
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
            if (request.Targets.FirstOrDefault(life => alive.Contains(life) && !request.HandledBy.Contains(life)
                && !cluster.Recording.Life(life).WasReadmitted) is { IsNone: false } silent)
            {
                throw new ViolationException($"P8: {request} waits for {silent}, which never got it");
            }
            if (cluster.Recording.Crashes.Count == 0 && request.HandledBy.Find(life => !request.Targets.Contains(life)) is { IsNone: false } unknown)
            {
                throw new ViolationException($"P8: {request} was handled by {unknown}, and the asker does not know");
            }
        }
    }

    private static void CheckResult(SimulatedCluster cluster, Publish request, RequestResult result)
    {
        cluster.Recording.Count(result.IsUnknown ? "request that nobody told of" : result.Missing.Count > 0 ? "request out of time" : result.Gone.Count > 0
            ? "request without the dead" : "request answered by all");
        foreach (var (server, error, body) in result.Answers)
        {
            if (!request.Answered.Contains(server))
            {
                throw new ViolationException($"P9: {request} has an answer of {server}, which gave none");
            }
            if (error is not null || !body.Span.SequenceEqual(SimulatedAnswers.Words(request.Index, server)))
            {
                throw new ViolationException(
                    $"P9: {request} has another answer of {server} than it gave: {error ?? System.Text.Encoding.UTF8.GetString(body.Span)}");
            }
        }
        ServerId[] named = [.. result.Answers.Select(answer => answer.Server), .. result.Gone, .. result.Missing];
        if (named.Distinct().Count() != named.Length)
        {
            throw new ViolationException($"P9: {request} names a server twice: {string.Join(' ', named)}");
        }
        var nobodyIsAway = cluster.Settings.Faults is FaultClass.NetworkOnly or FaultClass.WorkerKilled or FaultClass.DirectoryKilled
            or FaultClass.DirectoryKilledAgainAndAgain or FaultClass.DirectoryAndWorkerKilled;
        if (nobodyIsAway && !request.LostTargets && SimulatedAnswers.HasNoEnd(cluster.Settings, request.Index) && (result.IsUnknown
            || result.Missing.Count > 0))
        {
            throw new ViolationException($"P9: {request} lacks the answers of {string.Join(' ', result.Missing)}, which were there all the time");
        }

        // Of two homes at once, the old one takes those for dead that have gone over to the new one.
        var mayErr = cluster.Settings.Faults is FaultClass.TwoHomesAtOnce or FaultClass.Everything;
        if (!mayErr && result.Gone.FirstOrDefault(server => cluster.Recording.Life(server) is { HasEnded: false, WasReadmitted: false, Fences.Count: 0 })
            is { IsNone: false } gone)
        {
            throw new ViolationException($"P9: {request} gave up {gone}, which was there all the time");
        }
    }
}
