using Orleans;
using Orleans.Concurrency;

namespace OrleansAdapter.Grains;

/// <inheritdoc cref="IPingGrain"/>
[GrainType("orleansadapter.ping"), StatelessWorker(1), Reentrant]
internal sealed class PingGrain : Grain, IPingGrain
{
    public Task Ping() => Task.CompletedTask;
}
