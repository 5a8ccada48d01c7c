using Microsoft.Extensions.Hosting;
using OrleansAdapter.OnOrleans.Testing;
using OrleansAdapter.Tests.Engines;
using OrleansAdapter.Tests.Operations;
using OrleansAdapter.Tests.SignalR;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>The Orleans engine; every server is an Orleans client.</summary>
public sealed class OrleansEngine(TestSilosOptions options) : TestEngine
{
    private readonly TestSilos _silos = Task.Run(() => TestSilos.StartAsync(options)).GetAwaiter().GetResult();
    private readonly List<IDirectory> _supervisors = [];
    private readonly List<IHost> _hosts = [];

    public OrleansEngine(int silos)
        : this(new TestSilosOptions { Silos = silos })
    {
    }

    /// <summary>The silos.</summary>
    public TestSilos Silos => _silos;

    /// <summary>A host that ends with the engine.</summary>
    public void Ends(IHost host) => _hosts.Add(host);

    public override IDirectory NewDirectory() => _silos.NewDirectory();

    public override async Task ReportDeathAsync(ServerId process)
    {
        var supervisor = NewDirectory();
        _supervisors.Add(supervisor);
        await supervisor.StartAsync(ServerId.NewProcess().Process, new Nobody(), TestContext.Current.CancellationToken);
        await supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var supervisor in _supervisors)
        {
            await supervisor.DisposeAsync();
        }
        foreach (var host in _hosts)
        {
            await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            host.Dispose();
        }
        await _silos.DisposeAsync();
    }

    private sealed class Nobody : IDirectoryReceiver
    {
        public void Receive(string @namespace, HomeMessage message)
        {
        }

        public void Receive(ServerMessage message)
        {
        }

        public void Connected()
        {
        }
    }
}

public sealed class OrleansSendTests() : SendTests(new OrleansEngine(1));

public sealed class OrleansGroupTests() : GroupTests(new OrleansEngine(1));

public sealed class OrleansConnectionTests() : ConnectionTests(new OrleansEngine(1));

public sealed class OrleansOrderTests() : OrderTests(new OrleansEngine(1));

public sealed class OrleansClientResultTests() : ClientResultTests(new OrleansEngine(1));

public sealed class OrleansOperationTests() : OperationTests(new OrleansEngine(1));

public sealed class OrleansRequestDeathTests() : RequestDeathTests(new OrleansEngine(1));

public sealed class OrleansAckTests() : AckTests(new OrleansEngine(1));

public sealed class OrleansMixedClusters() : MixedClusters(() => new OrleansEngine(1));

public sealed class OrleansOperationMatrix(OrleansMixedClusters clusters) : OperationMatrix(clusters), IClassFixture<OrleansMixedClusters>;

public sealed class TwoSilosSendTests() : SendTests(new OrleansEngine(2));

public sealed class TwoSilosGroupTests() : GroupTests(new OrleansEngine(2));

public sealed class TwoSilosOrderTests() : OrderTests(new OrleansEngine(2));

public sealed class TwoSilosClientResultTests() : ClientResultTests(new OrleansEngine(2));

public sealed class FaultyStreamsSendTests() : SendTests(new OrleansEngine(FaultyStreams.Options()));

public sealed class FaultyStreamsOrderTests() : OrderTests(new OrleansEngine(FaultyStreams.Options()));
