using System.Globalization;

namespace OrleansAdapter.Bench.Servers;

/// <summary>What a process and all its descendants use, by what Linux tells of them.</summary>
internal static class ProcessTree
{
    /// <summary>sysconf(_SC_CLK_TCK), which Linux fixes for programs.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>The process and its descendants.</summary>
    public static List<int> Of(int root)
    {
        Dictionary<int, List<int>> children = [];
        foreach (var folder in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Stat(id) is { } stat)
            {
                var parent = int.Parse(stat[1], CultureInfo.InvariantCulture);
                (children.TryGetValue(parent, out var known) ? known : children[parent] = []).Add(id);
            }
        }
        List<int> found = [root];
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(children.GetValueOrDefault(found[i]) ?? []);
        }
        return found;
    }

    /// <summary>Processor time of those processes, in user and kernel mode, in seconds.</summary>
    public static (double User, double Kernel) ProcessorTime(IEnumerable<int> processes)
    {
        var stats = processes.Select(Stat).OfType<string[]>().ToList();
        return (Seconds(11), Seconds(12));

        double Seconds(int field) => stats.Sum(stat => double.Parse(stat[field], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Memory of those processes in megabytes, each shared page divided by those who share it.</summary>
    public static double Megabytes(IEnumerable<int> processes) => processes.Sum(Pss) / 1024.0;

    /// <summary>The fields of /proc/ID/stat behind the name, which may hold spaces; null where the process has gone.</summary>
    private static string[]? Stat(int process)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{process}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Pss(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line[4..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
