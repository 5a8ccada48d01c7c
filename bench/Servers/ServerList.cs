using System.Diagnostics;
using OrleansAdapter.Bench.Clients;

namespace OrleansAdapter.Bench.Servers;

/// <summary>The servers that are compared.</summary>
internal static class ServerList
{
    /// <summary>What the names of this system's servers begin with.</summary>
    public const string OurName = "OrleansAdapter";

    /// <summary>Socket.IO in a cluster of Node.js, as its documentation sets it up.</summary>
    public static Server Node { get; } = NodeWith("Node.js", "cluster");

    /// <summary>The same, where workers speak through streams of Redis.</summary>
    public static Server NodeStreams { get; } = NodeWith("Node.js, Redis streams", "redis-streams");

    /// <summary>The same, where workers speak through sharded publish/subscribe of Redis.</summary>
    public static Server NodeSharded { get; } = NodeWith("Node.js, sharded Redis", "redis-sharded");

    /// <summary>SignalR with Microsoft's Redis backplane: what a .NET user would pick instead.</summary>
    public static Server SignalRRedis { get; } = new(
        "SignalR + Redis",
        Wire.SignalR,
        static (port, workers) => Self("signalr-redis-role", $"{port}", $"{workers}"),
        RedisCluster.Ports,
        static _ => 1)
    {
        NeedsRedis = true,
    };

    /// <summary>The least that any server could do.</summary>
    public static Server Floor { get; } = new(
        "floor",
        Wire.SocketIO,
        static (port, _) => Self("floor-role", $"{port}"),
        static (port, _) => [port],
        static _ => 1)
    {
        Warming = 0.2,
    };

    /// <summary>SignalR in one process, without a backplane.</summary>
    public static Server SignalRAlone { get; } = new(
        "SignalR alone",
        Wire.SignalR,
        static (port, _) => Self("signalr-role", $"{port}"),
        static (port, _) => [port],
        static _ => 1)
    {
        Warming = 0.7,
    };

    /// <summary>This system, for clients of Socket.IO.</summary>
    public static Server Ours { get; } = Primary(OurName, Wire.SocketIO);

    /// <summary>The same, where every worker is a silo as well.</summary>
    public static Server Colocated { get; } = Primary($"{OurName}, colocated", Wire.SocketIO, "--colocated");

    /// <summary>This system, for clients of SignalR.</summary>
    public static Server SignalR { get; } = Primary($"{OurName} SignalR", Wire.SignalR);

    /// <summary>This system behind its one port.</summary>
    /// <param name="front">How connections get from there to workers.</param>
    public static Server Front(string front) => Primary($"{OurName}, {front}", Wire.SignalR, "--front", front);

    /// <summary>This system with a port for each worker behind the one for all.</summary>
    public static Server WorkerPorts { get; } = Primary(OurName, Wire.SocketIO, "--worker-ports") with
    {
        Ports = static (port, workers) => [.. Enumerable.Range(port, workers + 1)],
    };

    /// <summary>A server by the name that the command line knows it by, with settings of its environment behind it: <c>ours+DOTNET_gcServer=0</c>.</summary>
    public static Server Find(string text)
    {
        var parts = text.Split('+');
        var server = ByName(parts[0]);
        return parts.Length == 1 ? server : server with
        {
            Name = $"{server.Name}+{string.Join('+', parts[1..])}",
            Start = (port, workers) =>
            {
                var start = server.Start(port, workers);
                foreach (var setting in parts[1..])
                {
                    start.Environment[setting.Split('=')[0]] = setting.Split('=', 2)[1];
                }
                return start;
            },
        };
    }

    /// <summary>Those that can be started here: without a redis-server, the others, and it says so.</summary>
    public static IReadOnlyList<Server> ThatCanRun(IReadOnlyList<Server> servers)
    {
        var hasRedis = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "redis-server")));
        if (hasRedis || !servers.Any(static server => server.NeedsRedis))
        {
            return servers;
        }
        var left = servers.Where(static server => server.NeedsRedis).Select(static server => server.Name);
        Console.Error.WriteLine($"**** LEFT OUT: {string.Join("; ", left)}. There is no redis-server in the PATH (apt-get install redis-server).");
        return [.. servers.Where(static server => !server.NeedsRedis)];
    }

    private static Server ByName(string name) => name switch
    {
        "node" => Node,
        "floor" => Floor,
        "ours" => Ours,
        "colocated" => Colocated,
        "node-streams" => NodeStreams,
        "node-sharded" => NodeSharded,
        "signalr-redis" => SignalRRedis,
        "signalr-alone" => SignalRAlone,
        "signalr" => SignalR,
        _ => throw new ArgumentException($"There is no server '{name}': see the usage."),
    };

    /// <summary>Brings the packages of Node.js programs here, if they are not.</summary>
    /// <param name="programs">Their folder in the checkout.</param>
    public static async Task PrepareNodeAsync(string programs = "bench/node")
    {
        var folder = Path.Combine(Checkout.Root, programs);
        if (System.IO.Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            return;
        }
        var start = Command("npm", "ci", "--loglevel=error");
        start.WorkingDirectory = folder;
        using var npm = Process.Start(start)!;
        await npm.WaitForExitAsync();
        if (npm.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm ci in {folder} failed; see what it said above.");
        }
    }

    private static Server NodeWith(string name, string adapter) => new(
        name,
        Wire.SocketIO,
        (port, workers) => Command("node", Path.Combine(Checkout.Root, "bench/node/server.js"), $"{port}", $"{workers}", adapter),
        static (port, _) => [port],
        static workers => workers + 1)
    {
        Warming = 0.4,
        NeedsRedis = adapter != "cluster",
    };

    private static Server Primary(string name, Wire wire, params string[] arguments) => new(
        name,
        wire,
        (port, workers) =>
        {
            var program = Path.Combine(Checkout.Root, "Silo/bin/Release/net10.0/Silo.dll");
            var start = Command("dotnet", [program, "primary", "--workers", $"{workers}", "--port", $"{port}", .. arguments]);
            start.Environment["ORLEANSADAPTER_WEBWORKER"] = Path.Combine(Checkout.Root, "WebWorker/bin/Release/net10.0/WebWorker.dll");
            start.Environment["OrleansAdapter__Supervised"] = "true";
            return start;
        },
        static (port, _) => [port],
        static _ => 1);

    private static ProcessStartInfo Self(params string[] arguments) => Command("dotnet", [typeof(ServerList).Assembly.Location, .. arguments]);

    private static ProcessStartInfo Command(string program, params string[] arguments) => new(program, arguments);
}
