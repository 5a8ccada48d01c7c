using System.Globalization;
using OrleansAdapter.Bench.Compare;
using OrleansAdapter.Bench.Connect;
using OrleansAdapter.Bench.Connections;
using OrleansAdapter.Bench.Directory;
using OrleansAdapter.Bench.Faults;
using OrleansAdapter.Bench.Floor;
using OrleansAdapter.Bench.Recovery;
using OrleansAdapter.Bench.Requests;
using OrleansAdapter.Bench.Scale;
using OrleansAdapter.Bench.Servers;
using OrleansAdapter.Bench.Storm;

// Like the programs that it starts.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

return args switch
{
    ["directory"] => await DirectoryBenchmark.RunAsync(),
    ["directory-role", var role, var address] => await Roles.RunAsync(role, address),
    ["requests"] => await RequestsBenchmark.RunAsync(),
    ["requests-role", var address] => await RequestsBenchmark.HoldAsync(address),
    ["connections"] => await ConnectionsBenchmark.RunAsync(),
    ["connections-role", var kind, var port, var count] => await ConnectionsBenchmark.RunClientsAsync(kind, port, count),
    ["recovery"] => await RecoveryBenchmark.RunAsync(),
    ["recovery-role", var recovery] => await RecoveryBenchmark.RunHeapAsync(recovery),
    ["faults", .. var faults] => await FaultsBenchmark.RunAsync(faults),
    ["scale"] => await ScaleBenchmark.RunAsync(servers: 1_000, namespaces: 100),
    ["scale", var servers, var namespaces] => await ScaleBenchmark.RunAsync(Number(servers), Number(namespaces)),
    ["connect"] => await ConnectBenchmark.RunAsync(),
    ["storm"] => await StormBenchmark.RunAsync(clients: 10_000),
    ["compare", var folder] => await Comparison.RunAsync(quick: false, folder),
    ["compare", "--quick", var folder] => await Comparison.RunAsync(quick: true, folder),
    ["loads", var loads, var servers, var warm, var seconds, var rounds] =>
        await ChosenLoads.RunAsync(loads, servers, Number(warm), Number(seconds), Number(rounds)),
    ["cold", var loads, var servers, var rounds] => await ColdLoad.RunAsync(loads, servers, Number(rounds)),
    ["floor-role", var port] => EndWithInput(() => FloorServer.Run(Number(port))),
    ["signalr-role", var port] => EndWithInput(() => SignalRServer.Run(Number(port), redis: null)),
    ["signalr-role", var port, var redis] => EndWithInput(() => SignalRServer.Run(Number(port), Number(redis))),
    ["signalr-redis-role", var port, var workers] => EndWithInput(() => RedisCluster.RunAsync(Number(port), Number(workers)).GetAwaiter().GetResult()),
    _ => Usage(),
};

// A role that nobody waits for any more ends.
static int EndWithInput(Func<int> run)
{
    var end = new Thread(static () =>
    {
        Console.In.ReadToEnd();
        Environment.Exit(0);
    });
    end.IsBackground = true;
    end.Start();
    return run();
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Usage()
{
    Console.Error.WriteLine("""
        usage: bench directory    publish to hand-over: latency, and packets per second through one mailbox
               bench requests     fetching sockets, and broadcasts with acknowledgement, over three servers
               bench connections  what an idle Socket.IO connection costs in memory
               bench recovery     clients that come back to their sessions: how long it takes, and what it costs with recovery on and off
               bench storm        10,000 clients whose worker is killed: when they are back, and what the others notice meanwhile
               bench connect      connections per second through the front port, handed over and proxied, and what they cost the primary
               bench faults [--redis] [--trace] [NAME ...]
                                  what clients notice when one of three machines dies, is cut off or restarted, or the database is away: the table of
                                  docs/CLUSTER.md; all of it, or silo, machine, cut-5, cut-25, cut-60, peers, inwards, database, database-silo, rolling.
                                  --trace prints what the machines said meanwhile. It needs Linux, root, iproute2, Node.js 20 and PostgreSQL or Redis
               bench scale [SERVERS NAMESPACES]
                                  what goes between homes and servers in a large cluster: the table of docs/SCALE.md; by default 1000 and 100
               bench compare [--quick] FOLDER
                                  this system beside Node.js and the floor; results.json and tables.md go to the folder (bench.sh does it all)
               bench loads LOADS SERVERS WARM SECONDS ROUNDS
                                  the same for some loads (room-1000,room-100,rooms,steady,window-1,rate-100-4, …, all; or one-by-one)
                                  and servers
                                  (floor,node,node-streams,node-sharded,ours,colocated,signalr-alone,signalr-redis,signalr)
               bench cold LOADS SERVERS ROUNDS
                                  how long servers take to start, and what they cost in the first ten seconds and later; loads of those one by one
        """);
    return 2;
}
