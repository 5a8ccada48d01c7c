using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace OrleansAdapter.Grains;

/// <inheritdoc cref="IStandingService"/>
[Reentrant]
internal sealed class StandingService(GrainId id, Silo silo, ILoggerFactory loggers, IClusterMembershipService membership)
    : GrainService(id, silo, loggers), IStandingService
{
    public Task<bool> HasAsDead(SiloAddress silo) => Task.FromResult(membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Dead);
}

/// <summary>Reaches the <see cref="IStandingService"/> of each silo.</summary>
internal sealed class StandingServices(IServiceProvider services) : GrainServiceClient<IStandingService>(services)
{
    public IStandingService On(SiloAddress silo) => GetGrainService(silo);
}
