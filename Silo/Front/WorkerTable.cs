namespace OrleansAdapter.Silo.Front;

/// <summary>Why no worker can be given a connection.</summary>
internal enum NoWorker
{
    /// <summary>None is ready, or all have as many connections as they can hold.</summary>
    Unavailable,

    /// <summary>Those that are ready have not taken yet what they were given.</summary>
    Full,
}

/// <summary>The workers of a run, and the choice of one for a connection. Safe for concurrent use.</summary>
internal sealed class WorkerTable(BalancePolicy policy, Random random)
{
    private readonly Lock _lock = new();
    private readonly List<FrontWorker> _workers = [];
    private int _turn;
    private long _handOvers;
    private long _refusals;

    /// <summary>How many connections were given to workers.</summary>
    public long HandOvers => Interlocked.Read(ref _handOvers);

    /// <summary>How many connections were refused because no worker could take them.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Whether a worker takes connections that begin with a TLS handshake.</summary>
    public bool TakesTls
    {
        get
        {
            lock (_lock)
            {
                return _workers.Any(worker => worker.Secure);
            }
        }
    }

    /// <summary>Adds a worker whose process is being started.</summary>
    public FrontWorker Expect(int slot, ServerId server)
    {
        var worker = new FrontWorker(slot, server.Process);
        lock (_lock)
        {
            _workers.Add(worker);
        }
        return worker;
    }

    /// <summary>Marks a worker as taking connections; null where no such worker is expected.</summary>
    public FrontWorker? Connect(ServerId server, int capacity, bool secure)
    {
        FrontWorker? worker;
        lock (_lock)
        {
            worker = _workers.Find(candidate => candidate.Server == server && candidate.State == FrontState.Expected);
            if (worker is null)
            {
                return null;
            }
            (worker.State, worker.Capacity, worker.Secure) = (FrontState.Active, capacity, secure);
        }
        worker.SetConnected();
        return worker;
    }

    /// <summary>Gives a worker no more connections.</summary>
    public void Leave(FrontWorker worker)
    {
        lock (_lock)
        {
            if (worker.State is FrontState.Expected or FrontState.Active)
            {
                worker.State = FrontState.Leaving;
            }
        }
    }

    /// <summary>Marks a worker as taking no more connections; it ends when those that it has have ended.</summary>
    public void Close(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.State = FrontState.Gone;
        }
    }

    /// <summary>Marks a worker as out of reach. If nobody told it to end, its process is to be replaced.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="reason">Why.</param>
    /// <param name="hangs">Whether it hangs: then its process is to be replaced also where it had begun to end by itself.</param>
    public void Lose(FrontWorker worker, string reason, bool hangs)
    {
        bool lost;
        lock (_lock)
        {
            lost = hangs || worker.State == FrontState.Active;
            worker.State = FrontState.Gone;
        }
        if (lost)
        {
            worker.SetLost(reason);
        }
    }

    /// <summary>Removes a worker whose process has ended.</summary>
    public void Remove(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.State = FrontState.Gone;
            _workers.Remove(worker);
        }
    }

    /// <summary>Chooses a worker for a connection, and counts the connection to it.</summary>
    /// <param name="slot">The slot that its port is pinned to; 0 for any, where a named server goes first.</param>
    /// <param name="named">The server that the connection names, if any.</param>
    /// <param name="secure">Whether it begins with TLS.</param>
    /// <param name="why">Why there is none.</param>
    public FrontWorker? Choose(int slot, ServerId named, bool secure, out NoWorker why)
    {
        lock (_lock)
        {
            FrontWorker? owner = null;
            List<FrontWorker>? candidates = null;
            var full = false;
            foreach (var worker in _workers)
            {
                if ((slot != 0 && worker.Slot != slot) || (secure && !worker.Secure) || worker.Connections >= worker.Capacity)
                {
                    continue;
                }
                if (slot == 0 && !named.IsNone && worker.Server == named && worker.State is FrontState.Active or FrontState.Leaving)
                {
                    owner = worker;
                }
                if (worker.State == FrontState.Active)
                {
                    full |= worker.Full;
                    if (!worker.Full)
                    {
                        (candidates ??= new List<FrontWorker>(_workers.Count)).Add(worker);
                    }
                }
            }
            why = full ? NoWorker.Full : NoWorker.Unavailable;

            // A session of a worker that leaves is better served by another, which asks it, than kept there; unless there is no other.
            var chosen = owner is { State: FrontState.Active, Full: false } || (owner is { Full: false } && candidates is null) ? owner : Pick(candidates);
            if (chosen is not null)
            {
                chosen.Handed++;
            }
            return chosen;
        }
    }

    /// <summary>A connection has got to its worker.</summary>
    public void CountHandOver() => Interlocked.Increment(ref _handOvers);

    /// <summary>A connection was refused because no worker could take it.</summary>
    public void CountRefusal() => Interlocked.Increment(ref _refusals);

    /// <summary>Takes a connection off the count that did not get to the worker.</summary>
    public void TakeBack(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.Handed--;
        }
    }

    /// <summary>Counts one more of a worker's connections as ended.</summary>
    public void End(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.Ended++;
        }
    }

    /// <summary>Sets how many of a worker's connections have ended since its start.</summary>
    public void SetEnded(FrontWorker worker, long ended)
    {
        lock (_lock)
        {
            worker.Ended = Math.Clamp(ended, worker.Ended, worker.Handed);
        }
    }

    /// <summary>Sets whether a worker can be given a connection now.</summary>
    public void SetFull(FrontWorker worker, bool full)
    {
        lock (_lock)
        {
            worker.Full = full;
        }
    }

    /// <summary>Returns how many connections a worker has, and what it is doing.</summary>
    public (long Connections, FrontState State) Look(FrontWorker worker)
    {
        lock (_lock)
        {
            return (worker.Connections, worker.State);
        }
    }

    private FrontWorker? Pick(List<FrontWorker>? candidates)
    {
        if (candidates is null)
        {
            return null;
        }
        if (policy == BalancePolicy.Random)
        {
            return candidates[random.Next(candidates.Count)];
        }
        var first = (int)((uint)_turn++ % (uint)candidates.Count);
        var best = candidates[first];
        if (policy == BalancePolicy.LeastConnection)
        {
            for (var i = 1; i < candidates.Count; i++)
            {
                var other = candidates[(first + i) % candidates.Count];
                if (other.Connections < best.Connections)
                {
                    best = other;
                }
            }
        }
        return best;
    }
}
