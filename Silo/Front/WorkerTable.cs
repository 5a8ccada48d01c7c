namespace OrleansAdapter.Silo.Front;

/// <summary>Why there is no worker for a connection.</summary>
internal enum NoWorker
{
    /// <summary>None is ready, or all are at their capacity.</summary>
    Unavailable,

    /// <summary>Those that are ready have not taken yet what they were given.</summary>
    Full,
}

/// <summary>The workers of a run, and which of them gets a connection. For any thread.</summary>
internal sealed class WorkerTable(BalancePolicy policy, Random random)
{
    private readonly Lock _lock = new();
    private readonly List<FrontWorker> _workers = [];
    private int _turn;

    /// <summary>A worker is being started.</summary>
    public FrontWorker Expect(int slot, ServerId server)
    {
        var worker = new FrontWorker(slot, server.Process);
        lock (_lock)
        {
            _workers.Add(worker);
        }
        return worker;
    }

    /// <summary>A worker says that it takes connections; null where no such one is expected.</summary>
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

    /// <summary>Gives it no more connections.</summary>
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

    /// <summary>It takes no more connections, and ends when those that it has have ended.</summary>
    public void Close(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.State = FrontState.Gone;
        }
    }

    /// <summary>It cannot be reached any more. Where it was to go on, its process is to be replaced.</summary>
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

    /// <summary>Its process has ended.</summary>
    public void Remove(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.State = FrontState.Gone;
            _workers.Remove(worker);
        }
    }

    /// <summary>Chooses a worker, and counts the connection to it.</summary>
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

    /// <summary>A connection that was counted did not get there.</summary>
    public void TakeBack(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.Handed--;
        }
    }

    /// <summary>Another of its connections has ended.</summary>
    public void End(FrontWorker worker)
    {
        lock (_lock)
        {
            worker.Ended++;
        }
    }

    /// <summary>So many of its connections have ended since its start.</summary>
    public void SetEnded(FrontWorker worker, long ended)
    {
        lock (_lock)
        {
            worker.Ended = Math.Clamp(ended, worker.Ended, worker.Handed);
        }
    }

    /// <summary>Whether it can be given anything just now.</summary>
    public void SetFull(FrontWorker worker, bool full)
    {
        lock (_lock)
        {
            worker.Full = full;
        }
    }

    /// <summary>How many connections a worker has, and what it is doing.</summary>
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
