using Orleans;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>
/// Knows when this process' silo has begun to end. Orleans then says of a grain with requests what is no fault: that no other silo can take it.
/// </summary>
internal sealed class SiloEnding : ILifecycleParticipant<ISiloLifecycle>
{
    private volatile bool _hasBegun;

    public bool HasBegun => _hasBegun;

    /// <summary>Of all that a silo ends, what became active last comes first.</summary>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(SiloEnding), ServiceLifecycleStage.Last, _ => Task.CompletedTask, _ =>
    {
        _hasBegun = true;
        return Task.CompletedTask;
    });
}
