using System.Runtime.InteropServices;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>Signals, and whether a process that is not a child of this one is still there.</summary>
internal static class OperatingSystemProcesses
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Interrupt = 2;
    public const int Stop = 19;
    public const int Continue = 18;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends a signal; nothing happens where the process is gone.</summary>
    public static void Signal(int process, int signal) => _ = kill(process, signal);

    /// <summary>Whether it runs: one that has ended and that nobody has asked about yet (a zombie) does not.</summary>
    public static bool IsRunning(int process)
    {
        if (kill(process, 0) != 0)
        {
            return false;
        }
        try
        {
            // "1234 (name) Z …": the name may hold anything.
            var status = File.ReadAllText($"/proc/{process}/stat");
            return status[(status.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (DirectoryNotFoundException)
        {
            return !Directory.Exists("/proc/self");
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until none of them runs. There is no event for it: they are nobody's children here.</summary>
    public static Task UntilGoneAsync(IReadOnlyCollection<int> processes) =>
        UntilAsync(() => !processes.Any(IsRunning), $"the end of some of {string.Join(", ", processes)}");

    /// <summary>How many descriptors a process has open.</summary>
    public static int Descriptors(int process) => Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count();

    /// <summary>How much memory a process has, as the operating system counts, in MB.</summary>
    public static long ResidentMegabytes(int process)
    {
        using var running = System.Diagnostics.Process.GetProcessById(process);
        return running.WorkingSet64 >> 20;
    }

    /// <summary>How much processor time a process has taken so far.</summary>
    public static TimeSpan ProcessorTime(int process)
    {
        using var running = System.Diagnostics.Process.GetProcessById(process);
        return running.TotalProcessorTime;
    }

    /// <summary>How often each thread of a process has stopped to wait for something so far.</summary>
    public static Dictionary<string, long> Waits(int process)
    {
        const string waits = "voluntary_ctxt_switches:";
        var ofThreads = new Dictionary<string, long>();
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var line = File.ReadLines(Path.Combine(thread, "status")).First(line => line.StartsWith(waits, StringComparison.Ordinal));
                ofThreads[thread] = long.Parse(line.AsSpan(waits.Length), System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                // It has just ended.
            }
        }
        return ofThreads;
    }

    /// <summary>How often threads of a process have stopped to wait since; those that ended meanwhile take their counts along.</summary>
    public static long WaitsSince(int process, Dictionary<string, long> before) =>
        Waits(process).Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key));

    /// <summary>Waits until something holds that no event tells.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what, TimeSpan? atMost = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(atMost ?? Limit);
        while (!holds())
        {
            try
            {
                await Task.Delay(Look, limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waited for {what}.");
            }
        }
    }

    [DllImport("libc")]
    private static extern int kill(int process, int signal);
}
