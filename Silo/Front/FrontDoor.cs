namespace OrleansAdapter.Silo.Front;

/// <summary>Owns the ports that clients connect to, and gives each connection to a worker.</summary>
internal abstract class FrontDoor(WorkerTable workers) : IAsyncDisposable
{
    /// <summary>The workers.</summary>
    public WorkerTable Workers { get; } = workers;

    /// <summary>What <c>--front</c> calls it.</summary>
    public abstract string Name { get; }

    /// <summary>How many connections have no worker yet.</summary>
    public abstract int Arriving { get; }

    /// <summary>The environment variables with which a worker finds the front. They hold secrets.</summary>
    public abstract IEnumerable<KeyValuePair<string, string>> EnvironmentOf(FrontWorker worker);

    /// <summary>Called when a worker has said that it is ready.</summary>
    public virtual void Started(FrontWorker worker)
    {
    }

    /// <summary>Takes no more connections. Those that are open go on.</summary>
    public abstract void StopListening();

    /// <summary>Completes when the front has shown that it works; never if it hangs.</summary>
    public abstract Task AliveAsync();

    public abstract ValueTask DisposeAsync();
}
