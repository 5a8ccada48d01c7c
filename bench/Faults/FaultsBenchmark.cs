using System.Globalization;
using System.Runtime.InteropServices;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Faults;

/// <summary>
/// What clients notice when one of three machines dies, is cut off or restarted, and when the database is away: the table of docs/CLUSTER.md. Each fault
/// befalls a cluster of its own, which takes about half a minute to start.
/// </summary>
internal static class FaultsBenchmark
{
    /// <summary>Measures what the arguments name, or everything.</summary>
    /// <param name="arguments"><c>--redis</c>, <c>--trace</c>, and names of faults, with commas or spaces between them.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var names = arguments.Where(argument => !argument.StartsWith('-')).SelectMany(argument => argument.Split(',')).ToHashSet(StringComparer.Ordinal);
        var unknown = names.Except(Fault.All.Select(fault => fault.Name))
            .Concat(arguments.Where(argument => argument.StartsWith('-')).Except(["--redis", "--trace"])).FirstOrDefault();
        if (unknown is not null)
        {
            Console.Error.WriteLine($"bench: there is no fault '{unknown}'. There are {string.Join(", ", Fault.All.Select(fault => fault.Name))}.");
            return 64;
        }
        await ServerList.PrepareNodeAsync("tests/EndToEnd/clients");
        Environment.SetEnvironmentVariable("ORLEANSADAPTER_NODE", "1");
        var database = arguments.Contains("--redis") ? "redis" : "postgres";
        List<string> rows = [];
        var isRight = true;
        foreach (var fault in Fault.All.Where(fault => names.Count == 0 || names.Contains(fault.Name)))
        {
            Console.Error.WriteLine($"bench: {fault.Name}: {fault.Text}");
            var (row, wasRight) = await MeasureAsync(fault, database, arguments.Contains("--trace"));
            Console.Error.WriteLine(row);
            rows.Add(row);
            isRight &= wasRight;
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Three machines on one with {Environment.ProcessorCount} processors, load {Load()}, {(database == "redis" ? "Redis" : "PostgreSQL")}:\n"));
        Console.WriteLine(Outcome.Head);
        rows.ForEach(Console.WriteLine);
        Console.WriteLine("\n(!): longer than the goal.");
        return isRight ? 0 : 1;
    }

    private static async Task<(string Row, bool IsRight)> MeasureAsync(Fault fault, string database, bool trace)
    {
        try
        {
            await using var trial = await Trial.StartAsync(database);
            using var interrupt = EndWith(PosixSignal.SIGINT, trial);
            using var terminate = EndWith(PosixSignal.SIGTERM, trial);
            try
            {
                var outcome = await fault.RunAsync(trial);
                return (outcome.Row(fault), outcome.IsRight);
            }
            finally
            {
                foreach (var (after, machine, text) in trace ? trial.Said() : [])
                {
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{after.TotalSeconds,7:0.000}  {machine}  {text}"));
                }
            }
        }
#pragma warning disable CA1031 // The others can be measured nevertheless, and the exit code says that this one was not.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ($"| {fault.Text} | not measured: {exception.Message.ReplaceLineEndings(" ")} |", false);
        }
    }

    /// <summary>What was started does not outlive this program.</summary>
    private static PosixSignalRegistration EndWith(PosixSignal signal, Trial trial) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        trial.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Environment.Exit(130);
    });

    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}
