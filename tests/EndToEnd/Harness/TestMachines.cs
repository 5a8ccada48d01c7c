namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// Several primaries, each as on a machine of its own, that find each other in a real database. They have an address of this machine's loopback each, which
/// is Linux' way; what a network between them does is not shown by them.
/// </summary>
internal sealed class TestMachines : IAsyncDisposable
{
    /// <summary>Homes say where they start.</summary>
    private static readonly (string, string)[] Telling = [("Logging__LogLevel__OrleansAdapter.Grains.HomeGrain", "Information")];

    private readonly List<RunningCluster> _machines = [];

    private TestMachines(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    /// <summary>Each of them, in the order of its address: 127.0.0.1, 127.0.0.2 and so on.</summary>
    public IReadOnlyList<RunningCluster> All => _machines;

    /// <summary>Starts a database, and the machines one after the other; returns when all are ready. Skips the test where it cannot.</summary>
    /// <param name="kind">The database: <c>postgres</c> or <c>redis</c>.</param>
    /// <param name="count">How many machines.</param>
    /// <param name="arguments">More of each primary's arguments.</param>
    public static async Task<TestMachines> StartAsync(string kind, int count, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has all of 127.0.0.0/8 for its own.");
        var machines = new TestMachines(await TestDatabase.StartAsync(kind));
        try
        {
            if (kind == "postgres")
            {
                await machines.Database.InitializeAsync();
            }
            for (var number = 1; number <= count; number++)
            {
                await machines.AddAsync($"127.0.0.{number}", arguments);
            }
            return machines;
        }
        catch
        {
            await machines.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more; returns when it is ready.</summary>
    public async Task<RunningCluster> AddAsync(string address, params string[] arguments)
    {
        var machine = await RunningCluster.StartAsync(
            Telling,
            [
                "--cluster", Database.Kind, "--connection-file", Database.ConnectionFile, "--secret-file", Database.SecretFile, "--advertise", address,
                .. arguments,
            ]);
        _machines.Add(machine);
        return machine;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_machines.Select(machine => machine.DisposeAsync().AsTask()));
        await Database.DisposeAsync();
    }
}
