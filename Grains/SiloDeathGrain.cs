using Orleans;
using Orleans.Concurrency;

namespace OrleansAdapter.Grains;

/// <inheritdoc cref="ISiloDeathGrain"/>
[GrainType("orleansadapter.silodeath"), StatelessWorker(1), Reentrant]
internal sealed class SiloDeathGrain(SiloDeaths deaths) : Grain, ISiloDeathGrain
{
    public Task Report(ServerId process) => deaths.DeclareAsync(process);
}
