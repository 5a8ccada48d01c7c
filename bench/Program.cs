using OrleansAdapter.Bench.Connections;
using OrleansAdapter.Bench.Directory;
using OrleansAdapter.Bench.Requests;

return args switch
{
    ["directory"] => await DirectoryBenchmark.RunAsync(),
    ["directory-role", var role, var socket] => await Roles.RunAsync(role, socket),
    ["requests"] => await RequestsBenchmark.RunAsync(),
    ["requests-role", var socket] => await RequestsBenchmark.HoldAsync(RequestsBenchmark.StartAsync(socket)),
    ["requests-role-orleans", var address] when RequestsBenchmark.HoldOnOrleans(address) is { } run => await run,
    ["connections"] => await ConnectionsBenchmark.RunAsync(),
    ["connections-role", var kind, var port, var count] => await ConnectionsBenchmark.RunClientsAsync(kind, port, count),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: bench directory    publish to hand-over: latency, and packets per second through one mailbox
               bench requests     fetching sockets, and broadcasts with acknowledgement, over three servers
               bench connections  what an idle Socket.IO connection costs in memory
        """);
    return 2;
}
