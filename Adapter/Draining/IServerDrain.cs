namespace OrleansAdapter.Draining;

/// <summary>A server that can leave the cluster in an orderly way. A host's lifetime that knows of it calls it before it stops the host.</summary>
internal interface IServerDrain
{
    /// <summary>
    /// Takes no more clients, has those that are here go elsewhere, and resigns from the directory. Ends when that is done, or the time for it is over.
    /// Safe to call again: it is done once.
    /// </summary>
    Task DrainAsync();

    /// <summary>There is no more time: a drain that runs ends at once, and one that has not begun does nothing.</summary>
    void Hurry();
}

/// <summary>Says that the host's lifetime calls <see cref="IServerDrain.DrainAsync"/> itself, so that stopping the host takes no longer for it.</summary>
internal sealed class DrainedByLifetime;
