using OrleansAdapter.Bench.Directory;

return args switch
{
    ["directory"] => await DirectoryBenchmark.RunAsync(),
    ["directory-role", var role, var socket] => await Roles.RunAsync(role, socket),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench directory    publish to hand-over: latency, and packets per second through one mailbox");
    return 2;
}
