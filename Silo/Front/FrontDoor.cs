namespace OrleansAdapter.Silo.Front;

/// <summary>What stands before the workers: it owns every port that clients connect to, and gives each connection to a worker.</summary>
internal abstract class FrontDoor(WorkerTable workers) : IAsyncDisposable
{
    /// <summary>The workers.</summary>
    public WorkerTable Workers { get; } = workers;

    /// <summary>How connections get to workers, for people.</summary>
    public abstract string Name { get; }

    /// <summary>How many connections have no worker yet.</summary>
    public abstract int Arriving { get; }

    /// <summary>What a worker has to know to take connections, as environment variables. It holds secrets.</summary>
    public abstract IEnumerable<KeyValuePair<string, string>> EnvironmentOf(FrontWorker worker);

    /// <summary>A worker has said that it is ready.</summary>
    public virtual void Started(FrontWorker worker)
    {
    }

    /// <summary>Takes no more connections; those that are there go on.</summary>
    public abstract void StopListening();

    /// <summary>Completes when it is seen to do its work; never where it does not.</summary>
    public abstract Task AliveAsync();

    public abstract ValueTask DisposeAsync();
}
