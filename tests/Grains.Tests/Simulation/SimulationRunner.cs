using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Runs seeds of a fault class on two threads, and says what came of them.</summary>
internal static class SimulationRunner
{
    /// <summary>Runs one seed; null where every promise was kept.</summary>
    public static string? Run(
        FaultClass faults, int seed, Mutation? mutation = null, Action<string>? trace = null, SortedDictionary<string, int>? counts = null)
    {
        var cluster = new SimulatedCluster(faults, seed, mutation, trace);
        try
        {
            cluster.Run();
            return null;
        }
        catch (ViolationException violation)
        {
            return violation.Message;
        }
#pragma warning disable CA1031 // Whatever the code under test throws is a finding of this seed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception.ToString();
        }
        finally
        {
            foreach (var (what, count) in cluster.Recording.Counts)
            {
                if (counts is not null)
                {
                    counts[what] = counts.GetValueOrDefault(what) + count;
                }
            }
        }
    }

    public static Report Run(FaultClass faults, int first, int count)
    {
        var watch = Stopwatch.StartNew();
        var violations = new ConcurrentBag<(int Seed, string What)>();
        var total = new SortedDictionary<string, int>();
        Parallel.For(
            first,
            first + count,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            () => new SortedDictionary<string, int>(),
            (seed, _, counts) =>
            {
                if (Run(faults, seed, counts: counts) is { } what)
                {
                    violations.Add((seed, what));
                }
                return counts;
            },
            counts =>
            {
                lock (total)
                {
                    foreach (var (what, often) in counts)
                    {
                        total[what] = total.GetValueOrDefault(what) + often;
                    }
                }
            });
        return new Report(faults, count, [.. violations.OrderBy(v => v.Seed)], total, watch.Elapsed);
    }

    internal sealed record Report(
        FaultClass Faults, int Runs, IReadOnlyList<(int Seed, string What)> Violations, SortedDictionary<string, int> Counts, TimeSpan Took)
    {
        public override string ToString()
        {
            var lines = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{Faults}: {Runs} seeds, {Violations.Count} violations, "
                + $"{Took.TotalSeconds:0.0} s") };
            lines.AddRange(Violations.Take(5).Select(v => $"class {Faults} seed {v.Seed}: {v.What}"));
            if (Violations.Count > 0)
            {
                lines.Add(
                    $"Run it alone, with a trace: ORLEANSADAPTER_CLASS={Faults} ORLEANSADAPTER_SEED={Violations[0].Seed} dotnet run --project "
                    + $"tests/Grains.Tests -c Release -- --filter-class {typeof(SimulationTests)} --show-live-output on");
            }
            lines.AddRange(Counts.Select(c => $"  {c.Value,9}  {c.Key}"));
            return string.Join(Environment.NewLine, lines);
        }
    }
}
