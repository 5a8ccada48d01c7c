using System.Diagnostics;

namespace OrleansAdapter.Bench.Servers;

/// <summary>
/// What a .NET user would pick instead of this system: SignalR in several processes with Microsoft's Redis backplane, and the Redis server, on this machine.
/// </summary>
internal static class RedisCluster
{
    /// <summary>How far above its own port a server has its Redis; the same in bench/node/server.js.</summary>
    private const int RedisOffset = 19;

    /// <summary>The ports of its workers, of which clients take turns.</summary>
    public static int[] Ports(int port, int workers) => [.. Enumerable.Range(port + 1, workers)];

    /// <summary>Starts Redis and the workers, says ready, and runs until its input ends or it is told to.</summary>
    public static async Task<int> RunAsync(int port, int workers)
    {
        // redis-server does not look at its input; the shell does, and so nothing is left of it however this process ends.
        var command = $"redis-server --port {port + RedisOffset} --bind 127.0.0.1 --save '' --appendonly no & read -r _; kill $!";
        using var redis = Start("sh", "-c", command);
        await LineAsync(redis, "Ready to accept connections");
        var bench = typeof(RedisCluster).Assembly.Location;
        var children = Ports(port, workers).Select(worker => Start("dotnet", bench, "signalr-role", $"{worker}", $"{port + RedisOffset}")).ToList();
        foreach (var child in children)
        {
            await LineAsync(child, "ready");
        }
        Console.WriteLine("ready");
        await Task.WhenAll(children.Select(child => child.WaitForExitAsync()));
        return 1;
    }

    /// <summary>A child, which ends with its input.</summary>
    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static async Task LineAsync(Process process, string text)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                _ = process.StandardOutput.BaseStream.CopyToAsync(System.IO.Stream.Null);
                return;
            }
        }
        throw new InvalidOperationException($"{process.StartInfo.FileName} ended before it said '{text}'.");
    }
}
