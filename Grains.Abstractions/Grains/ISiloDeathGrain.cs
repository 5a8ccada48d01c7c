using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// Takes note that the process of a silo is dead. It is always on the silo that the call came to, so no dead one is asked. Called by supervisors only.
/// </summary>
[Alias("OrleansAdapter.ISiloDeathGrain")]
internal interface ISiloDeathGrain : IGrainWithIntegerKey
{
    /// <summary>Declares the silo dead that the process was, if it was one. Ends when the other silos can learn it.</summary>
    [Alias("Report"), ResponseTimeout("00:00:05")]
    Task Report(ServerId process);
}
