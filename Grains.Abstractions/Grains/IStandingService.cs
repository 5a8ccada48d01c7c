using Orleans;
using Orleans.Runtime;
using Orleans.Services;

namespace OrleansAdapter.Grains;

/// <summary>What one silo knows of another one. Asked by silos that cannot read the table of silos (docs/PROTOCOL.md, H14).</summary>
[Alias("OrleansAdapter.IStandingService")]
internal interface IStandingService : IGrainService
{
    /// <summary>Whether the table of silos, as it was read last here, has a silo as dead.</summary>
    [Alias("HasAsDead"), ResponseTimeout("00:00:02")]
    Task<bool> HasAsDead(SiloAddress silo);
}
