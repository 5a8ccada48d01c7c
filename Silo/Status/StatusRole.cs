using System.Globalization;
using System.Runtime.InteropServices;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Status;

/// <summary>The roles <c>status</c> and <c>reload</c>, which talk to a primary of this user on this machine.</summary>
internal static partial class StatusRole
{
    private const int Failed = 1;
    private const int Hangup = 1;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Prints the status of a primary.</summary>
    /// <param name="port">The primary's front port; null where there is only one primary.</param>
    /// <param name="json">Whether a program reads it.</param>
    public static async Task<int> StatusAsync(int? port, bool json)
    {
        if (await FindAsync(port) is not var (file, status))
        {
            return Failed;
        }
        if (json)
        {
            using var primary = new StatusClient(file.Status);
            if (await primary.TextAsync() is not { } text)
            {
                await Console.Error.WriteLineAsync("Silo: the primary did not answer in time, or has ended: ask again");
                return Failed;
            }
            Console.Out.WriteLine(text);
            return 0;
        }
        Console.Out.WriteLine($"primary  pid {status.Pid}  {status.Url}  {status.State}  up {Time(status.UptimeSeconds)}  {status.Front}, {status.Balance}");
        Console.Out.WriteLine($"run  {Path.GetDirectoryName(file.Status)}");
        Print([
            ["", "pid", "state", "clients", "up", "restarts", "address"],
            .. status.Directory is { } directory ? [Row(directory, "", "", "")] : Array.Empty<string[]>(),
            .. status.Workers.Select(worker => Row(worker, worker.State, Clients(worker.Clients), worker.Url)),
        ]);
        using var asked = new StatusClient(file.Status);
        var whole = await asked.AskAsync(cluster: true) ?? status;
        PrintCluster(whole.Cluster, whole.ClusterError);
        return 0;
    }

    /// <summary>Makes a primary replace its workers. Returns when that is done.</summary>
    public static async Task<int> ReloadAsync(int? port)
    {
        if (await FindAsync(port) is not var (file, before))
        {
            return Failed;
        }
        using var primary = new StatusClient(file.Status);
        if (kill(before.Pid, Hangup) != 0)
        {
            return Fail($"the primary with pid {before.Pid} cannot be told: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
        while (true)
        {
            await Task.Delay(Look);
            if (await primary.AskAsync() is not { } now)
            {
                return Fail($"the primary with pid {before.Pid} has ended");
            }
            if (now.State == "reloading" || now.Reloads + now.FailedReloads == before.Reloads + before.FailedReloads)
            {
                continue;
            }
            if (now.FailedReloads > before.FailedReloads)
            {
                return Fail("the reload was given up, and the workers that were not replaced run on; the primary's output says why");
            }
            Console.Out.WriteLine($"reloaded  {now.Workers.Count} workers");
            return 0;
        }
    }

    private static async Task<(PrimaryFile File, PrimaryStatus Status)?> FindAsync(int? port)
    {
        List<(PrimaryFile File, PrimaryStatus Status)> found = [];
        foreach (var file in PrimaryFile.Find().Where(file => port is null || file.Port == port))
        {
            // Its own word, because the file may be that of one that was killed, and the process id somebody else's by now.
            using var primary = new StatusClient(file.Status);
            if (await primary.AskAsync() is { } status && status.Pid == file.Pid && status.Port == file.Port)
            {
                found.Add((file, status));
            }
        }
        switch (found)
        {
            case [var one]:
                return one;
            case []:
                Fail($"no primary of this user's runs {(port is null ? "here" : $"on port {port}")} (looked below {Path.GetTempPath()}, which TMPDIR names)");
                return null;
            default:
                Fail($"several primaries run here: choose one with --port {string.Join(" or ", found.Select(primary => primary.Status.Port).Order())}");
                return null;
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"{ProgramName.Value}: {message}");
        return Failed;
    }

    private static string[] Row(ProcessStatus process, string state, string clients, string address) =>
    [
        process.Name,
        process.Pid.ToString(CultureInfo.InvariantCulture),
        state,
        clients,
        Time(process.UptimeSeconds),
        process.Restarts.ToString(CultureInfo.InvariantCulture),
        address,
    ];

    /// <summary>What a worker has said of its clients, such as <c>3: 2 Socket.IO websocket, 1 SignalR WebSockets</c>.</summary>
    internal static string Clients(IReadOnlyList<ClientCount>? clients) => clients switch
    {
        null => "not said",
        [] => "0",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"{clients.Sum(kind => kind.Count)}: {string.Join(", ", clients.Select(kind => $"{kind.Count} {kind.Protocol} {kind.Transport}"))}"),
    };

    private static void PrintCluster(ClusterStatus? cluster, string? error)
    {
        Console.Out.WriteLine();
        if (cluster is null)
        {
            Console.Out.WriteLine($"cluster  cannot be asked: {error ?? "the primary has ended"}");
            return;
        }
        var silos = cluster.Machines.Sum(machine => machine.Silos.Count);
        var servers = cluster.Machines.Sum(machine => machine.Servers.Count) + cluster.Elsewhere.Count;
        Console.Out.WriteLine($"cluster  machines: {cluster.Machines.Count}, silos: {silos}, servers: {servers}");
        Print([
            ["machine", "silo", "state", "sockets", "servers", "homes"],
            .. from machine in cluster.Machines
               from silo in machine.Silos.DefaultIfEmpty()
               let first = silo is null || silo == machine.Silos[0]
               select (string[])
               [
                   machine.Address,
                   silo?.Address ?? "none",
                   silo?.State ?? "",
                   first ? machine.Sockets.ToString(CultureInfo.InvariantCulture) : "",
                   first ? string.Join(", ", machine.Servers) : "",
                   string.Join(", ", silo?.Homes ?? []),
               ],
            .. cluster.Elsewhere.Count > 0 ? [["", "", "", "", string.Join(", ", cluster.Elsewhere), ""]] : Array.Empty<string[]>(),
        ]);
    }

    private static void Print(IReadOnlyList<string[]> rows)
    {
        foreach (var row in rows)
        {
            Console.Out.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(rows.Max(other => other[column].Length)))).TrimEnd());
        }
    }

    private static string Time(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalDays: >= 1 } time => $"{(int)time.TotalDays}d {time.Hours}h",
        { TotalHours: >= 1 } time => $"{time.Hours}h {time.Minutes}m",
        { TotalMinutes: >= 1 } time => $"{time.Minutes}m {time.Seconds}s",
        var time => $"{time.Seconds}s",
    };

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
