using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace OrleansAdapter.Fuzz;

/// <summary>Runs every target for its part of the time, and tells what was reached.</summary>
internal static class Campaign
{
    /// <summary>How many bytes an input may have to be added to the corpus.</summary>
    private const int LongestStored = 512;

    /// <summary>
    /// How much of a processor one input may take: this runs beside much else, and at the lowest priority. What the runtime does meanwhile counts as well, so
    /// it has to take that much twice.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    public static int Run(TimeSpan time, int seed, string only, string folder)
    {
        var coverage = new Coverage();
        var targets = Target.All.Where(target => only.Length == 0 || target.Name == only).ToArray();
        if (targets.Length == 0)
        {
            Console.Error.WriteLine($"fuzz: there is no target '{only}'; there are {string.Join(", ", Target.All.Select(target => target.Name))}");
            return 64;
        }
        Console.WriteLine($"fuzz: seed {seed}, {time.TotalSeconds:0} s");
        var failed = 0;
        foreach (var target in targets)
        {
            failed += Run(target, coverage, time / targets.Length, new Random(seed), folder) ? 0 : 1;
        }
        return failed == 0 ? 0 : 1;
    }

    private static bool Run(Target target, Coverage coverage, TimeSpan time, Random random, string folder)
    {
        coverage.Restart();
        var own = Path.Combine(folder.Length > 0 ? folder : Path.Combine(AppContext.BaseDirectory, "corpus"), target.Name);
        List<byte[]> known = [.. target.Seeds(), .. Stored(own)];
        List<byte[]> corpus = [];
        var mutator = new Mutator(random, target.Words);
        var clock = Stopwatch.StartNew();
        long inputs = 0;
        var stored = 0;
        foreach (var input in target.Long())
        {
            if (Try(target, coverage, input) is { } what)
            {
                return Fail(target, input, what);
            }
        }
        coverage.Restart();
        for (; clock.Elapsed < time || inputs < target.Fewest; inputs++)
        {
            var input = inputs < known.Count ? known[(int)inputs] : mutator.Mutate(corpus.Count > 0 ? corpus : known);
            if (Try(target, coverage, input) is { } what)
            {
                return target.IsFound(inputs, coverage.Edges, what) || Fail(target, input, what);
            }
            var edges = coverage.Edges;
            if (coverage.TakeNews())
            {
                corpus.Add(input);
                if (coverage.Edges > edges && inputs >= known.Count && folder.Length > 0 && input.Length <= LongestStored)
                {
                    Store(own, input);
                    stored++;
                }
            }
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"fuzz: {target.Name}: {inputs:#,0} inputs, {coverage.Edges} edges, {corpus.Count} kept, {stored} stored"));
        return target.Reached(coverage.Edges);
    }

    /// <summary>What is wrong with a run; null where it was good.</summary>
    private static string? Try(Target target, Coverage coverage, byte[] input)
    {
        for (var again = false; ; again = true)
        {
            coverage.Begin();
            var (began, beganProcessor, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetAllocatedBytesForCurrentThread());
            try
            {
                target.Run(input);
            }
#pragma warning disable CA1031 // Whatever it is, it should not have been thrown.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return exception.ToString();
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > target.MayAllocate(input.Length))
            {
                return $"{allocated} bytes were allocated for an input of {input.Length}.";
            }
            if (Stopwatch.GetElapsedTime(began) < Longest)
            {
                return null;
            }
            var took = Environment.CpuUsage.TotalTime - beganProcessor;
            if (took < Longest)
            {
                return null;
            }
            if (again)
            {
                return $"An input of {input.Length} bytes took {took} of a processor.";
            }
        }
    }

    private static bool Fail(Target target, byte[] input, string what)
    {
        var file = Path.Combine(Path.GetTempPath(), $"orleansadapter-fuzz-{target.Name}-{NameOf(input)}");
        File.WriteAllBytes(file, input);
        Console.WriteLine($"fuzz: {target.Name} FAILED: {what}\nfuzz: the input is in {file}, and as base64: {Convert.ToBase64String(input)}");
        return false;
    }

    private static IEnumerable<byte[]> Stored(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];

    private static void Store(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, NameOf(input)), input);
    }

    private static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 6));
}
