namespace OrleansAdapter.Grains;

/// <content>How lives come and go: registering, leases, and the list that tells of them.</content>
internal sealed partial class Home
{
    /// <summary>PROTOCOL.md, H3 and H4.</summary>
    private void ReceiveRegister(Register register, long now)
    {
        if (register.History is { } history && history.Epoch >= _voidFrom)
        {
            Fence(register.Life);
            return;
        }
        if (!IsOpen)
        {
            if (!_deadProcesses.ContainsKey(register.Life.Process))
            {
                _lastTick ??= now;
                _hold.Add(register, now);
            }
            OpenIfComplete(now);
            return;
        }
        var replaced = _lives.Find(register.Replaces);
        if (replaced is not null)
        {
            Remove(replaced, RemovalReason.Replaced);
        }
        KeepSessions(register);
        if (_lives.Find(register.Life) is { } life)
        {
            life.Lease = Leases.Of(register.Lease, _options.Lease);
            life.HasSessions |= register.Recovery is not null;
            life.Machine ??= register.Machine;
            Extend(life, now);
            Welcome(life);
        }
        else if (register.History is not null || _deadProcesses.ContainsKey(register.Life.Process))
        {
            Fence(register.Life);
        }
        else
        {
            life = Admit(register, Number, now);
            _list.Add(life.Id);
            Welcome(life);
            ListChanged();
            return;
        }
        if (replaced is not null)
        {
            ListChanged();
        }
    }

    private Life Admit(Register register, long from, long now)
    {
        var life = new Life(register.Life, (++_lastSession << 20) | (long)_random.Next(1 << 20), from)
        {
            Lease = Leases.Of(register.Lease, _options.Lease),
            HasSessions = register.Recovery is not null,
            Machine = register.Machine,
            UnheardUntil = now + (register.History?.Unheard ?? UnheardByNewcomer(now)),
        };
        _lives.Add(life);
        Extend(life, now);
        return life;
    }

    private void Welcome(Life life)
    {
        var (lastPosition, from, results) = life.Welcome;
        Send(
            life,
            new Registered
            {
                Life = life.Id,
                Epoch = Epoch,
                LastPosition = lastPosition,
                From = from,
                Results = results,
                KeepsSessions = _sessions is not null,
                Taken = life.Taken,
                Doubt = Doubt,
                Unheard = Math.Max(0, life.UnheardUntil - _now),
                Past = Past,
                UnprovedUpTo = life.UnprovedUpTo,
                Removed = _removedAt,
            });
    }

    /// <summary>Every message of a life renews its lease.</summary>
    private void Extend(Life life, long now)
    {
        life.LeaseEnds = now + life.Lease;
        _nextLapse = Math.Min(_nextLapse, life.LeaseEnds);
    }

    /// <summary>Looks at the lives only when the first lease may have run out, which is seldom: every message of a life renews its lease.</summary>
    private void RemoveLapsed(long now, long pause)
    {
        if (now <= _nextLapse && pause == 0)
        {
            return;
        }
        _nextLapse = long.MaxValue;
        foreach (var life in _lives.All)
        {
            life.LeaseEnds += pause;
            if (now > life.LeaseEnds)
            {
                _leaving.Add(life);
            }
            else
            {
                _nextLapse = Math.Min(_nextLapse, life.LeaseEnds);
            }
        }
        RemoveLeaving(RemovalReason.Lapsed);
    }

    private void RemoveDead(IEnumerable<ServerId> processes)
    {
        foreach (var process in processes)
        {
            _leaving.AddRange(_lives.OfProcess(process));
        }
        RemoveLeaving(RemovalReason.Died);
    }

    /// <summary>Removes lives that are too far behind (PROTOCOL.md, H12). The slowest is the one whose oldest unread entry is the oldest of all.</summary>
    private void RemoveOverflowed()
    {
        var any = false;
        while (_backlog.Slowest is { } slowest && _backlog.Behind(slowest) > _options.MailboxLimit)
        {
            Remove(slowest, RemovalReason.Overflow);
            any = true;
        }
        if (any)
        {
            ListChanged();
        }
    }

    /// <summary>Removes several lives, and announces the new list once.</summary>
    private void RemoveLeaving(RemovalReason reason)
    {
        if (_leaving.Count == 0)
        {
            return;
        }
        foreach (var life in _leaving)
        {
            Remove(life, reason);
        }
        _leaving.Clear();
        ListChanged();
    }

    /// <summary>The only way a life leaves (PROTOCOL.md, H11). The caller announces the new list once all that leave are removed.</summary>
    private void Remove(Life life, RemovalReason reason)
    {
        _lives.Remove(life);
        _list.Remove(life.Id);
        _removedAt = Number;
        _backlog.Remove(life);
        _copies.Remove(life);
        _table.Remove(life);
        _sessions?.Detach(life.Id, life.Reported, _now);
        ForgetMoved(life.Id);
        PassOnEnded(life);
        _output.Removed(life.Id, reason);
        if (reason != RemovalReason.Died)
        {
            Fence(life.Id);
        }
    }

    /// <summary>
    /// A change is told to everybody at once, unless one just was: then it goes with those that follow, so that many servers which come or go together do not
    /// cost the square of their number. Whoever is told anything meanwhile is told of it too: a server must learn of a removal before it learns of what came
    /// after it.
    /// </summary>
    private void ListChanged()
    {
        if (_announcements.MayBegin(_now))
        {
            AnnounceList();
        }
    }

    private void AnnounceList()
    {
        foreach (var life in _lives.All)
        {
            if (life.ToldList != _list.Version)
            {
                Announce(life);
            }
        }
    }

    private void ForgetDeaths(long now)
    {
        if (_deadProcesses.Count == 0)
        {
            return;
        }
        foreach (var (process, since) in _deadProcesses)
        {
            if (now - since > _options.DeathMemory)
            {
                _deadProcesses.Remove(process);
            }
        }
    }
}
