using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>The directory on Orleans, on silos of this process; every server is an Orleans client of its own.</summary>
public sealed class OrleansCluster(TestSilos silos) : DirectoryCluster
{
    private IDirectory? _supervisor;

    /// <summary>The silos.</summary>
    public TestSilos Silos { get; } = silos;

    /// <summary>Starts a cluster.</summary>
    public static async Task<DirectoryCluster> StartAsync(TestSilosOptions? options = null) => new OrleansCluster(await TestSilos.StartAsync(options));

    public override async Task ReportDeathAsync(ServerId process)
    {
        if (_supervisor is null)
        {
            _supervisor = NewDirectory();
            await _supervisor.StartAsync(ServerId.NewProcess().Process, new TestServer(_supervisor), TestContext.Current.CancellationToken);
        }
        await _supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken).WaitAsync(Wait.Limit);
    }

    public override Task KillDirectoryAsync() => Silos.KillAsync(0);

    public override Task StartDirectoryAsync() => Silos.StartAsync(0, firstStart: false);

    internal override IDirectory NewDirectory() => Silos.NewDirectory();

    protected override async Task StopAsync()
    {
        if (_supervisor is not null)
        {
            await _supervisor.DisposeAsync();
        }
        await Silos.DisposeAsync();
    }
}
