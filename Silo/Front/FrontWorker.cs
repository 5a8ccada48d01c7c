namespace OrleansAdapter.Silo.Front;

/// <summary>Where a worker is in its life, as the front sees it.</summary>
internal enum FrontState
{
    /// <summary>Started, and not heard of yet.</summary>
    Expected,

    /// <summary>Takes connections.</summary>
    Active,

    /// <summary>Serves those that it has, and gets no more where there is another.</summary>
    Leaving,

    /// <summary>Takes none any more.</summary>
    Gone,
}

/// <summary>One process that serves connections: a start of a worker, from its beginning to its end. What changes is guarded by the <see cref="WorkerTable"/>'s lock.</summary>
internal sealed class FrontWorker(int slot, ServerId server)
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Which of the workers it is, from 1. While one is replaced, its slot has two.</summary>
    public int Slot { get; } = slot;

    /// <summary>The process part of its id.</summary>
    public ServerId Server { get; } = server;

    /// <summary>Completes when it takes connections.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Completes, with the reason, when it can serve no more though nobody told it to end: its process is to be replaced.</summary>
    public Task<string> Lost => _lost.Task;

    public FrontState State { get; set; }

    /// <summary>How many connections it has, counted from when they were handed to it.</summary>
    public long Connections => Handed - Ended;

    /// <summary>How many it was given since its start.</summary>
    public long Handed { get; set; }

    /// <summary>How many of them have ended, by its own word.</summary>
    public long Ended { get; set; }

    /// <summary>How many it can hold at a time.</summary>
    public int Capacity { get; set; }

    /// <summary>Whether it takes connections that begin with TLS.</summary>
    public bool Secure { get; set; }

    /// <summary>Whether it can be given nothing just now, because it has not taken what it was given.</summary>
    public bool Full { get; set; }

    public void SetConnected() => _connected.TrySetResult();

    public void SetLost(string reason) => _lost.TrySetResult(reason);
}
