namespace OrleansAdapter.Silo.Front;

/// <summary>What a worker is doing, as the front sees it.</summary>
internal enum FrontState
{
    /// <summary>Its process was started, and has not connected to the front yet.</summary>
    Expected,

    /// <summary>It takes connections.</summary>
    Active,

    /// <summary>It serves the connections that it has, and gets new ones only where there is no other worker.</summary>
    Leaving,

    /// <summary>It takes no connections any more.</summary>
    Gone,
}

/// <summary>One worker process, from its start to its end. What changes is guarded by the lock of <see cref="WorkerTable"/>.</summary>
internal sealed class FrontWorker(int slot, ServerId server)
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number of its slot, from 1. While a worker is replaced, its slot has two processes.</summary>
    public int Slot { get; } = slot;

    /// <summary>The process part of its id.</summary>
    public ServerId Server { get; } = server;

    /// <summary>Completes when it takes connections.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Completes, with the reason, when it cannot serve any more though nobody told it to end. Its process is to be replaced.</summary>
    public Task<string> Lost => _lost.Task;

    public FrontState State { get; set; }

    /// <summary>How many connections it has, those on their way to it included.</summary>
    public long Connections => Handed - Ended;

    /// <summary>How many connections it was given since its start.</summary>
    public long Handed { get; set; }

    /// <summary>How many of these have ended, as it says.</summary>
    public long Ended { get; set; }

    /// <summary>How many connections it can hold.</summary>
    public int Capacity { get; set; }

    /// <summary>Whether it takes connections that begin with a TLS handshake.</summary>
    public bool Secure { get; set; }

    /// <summary>Whether it can be given no connection now, because it has not taken the last ones yet.</summary>
    public bool Full { get; set; }

    public void SetConnected() => _connected.TrySetResult();

    public void SetLost(string reason) => _lost.TrySetResult(reason);
}
