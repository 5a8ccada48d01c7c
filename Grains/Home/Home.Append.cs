namespace OrleansAdapter.Grains;

/// <content>Operations in, entries out: accepting batches, finding targets, and pushing mailboxes.</content>
internal sealed partial class Home
{
    /// <summary>PROTOCOL.md, H7.</summary>
    private void ReceiveSubmit(Life life, Submit submit)
    {
        if (submit.First == life.LastPosition + 1)
        {
            AcceptBatch(life, submit);
        }
        else if (submit.First == life.LastBatch.First)
        {
            AnswerBatch(life);
        }
    }

    private void AcceptBatch(Life life, Submit submit)
    {
        var firstNumber = Number + 1;
        List<RequestTargets>? targets = null;
        var position = submit.First;
        foreach (var operation in submit.Operations)
        {
            Number++;
            if (operation.IsOwnMembership)
            {
                _table.SetMember(operation.Rooms[0], life, operation.Kind == OperationKind.Join, operation.AsOf);
            }
            else
            {
                Append(new Entry(Number, life.Id, position, submit.First, operation), merging: false);
                if (operation.Kind == OperationKind.Request)
                {
                    (targets ??= []).Add(new RequestTargets(position, TargetIds()));
                }
            }
            position++;
        }
        life.LastPosition = position - 1;
        life.LastBatch = (submit.First, firstNumber, submit.Operations.Count, targets ?? (IReadOnlyList<RequestTargets>)[]);
        AnswerBatch(life);
        PushAll();
        RemoveWhere(l => l.Mailbox.Behind(_logged) > _options.MailboxLimit, RemovalReason.Overflow);
    }

    private void AnswerBatch(Life life)
    {
        var (first, number, count, targets) = life.LastBatch;
        Send(life, new Accepted { Life = life.Id, Epoch = Epoch, First = first, FirstNumber = number, Count = count, Targets = targets });
    }

    /// <summary>Puts an entry into the mailbox of every target (PROTOCOL.md, H6); where merging, only of those that have not handled it.</summary>
    private void Append(Entry entry, bool merging)
    {
        var operation = entry.Operation;
        FindTargets(operation.Target!, entry);
        if (merging)
        {
            LeaveOutWhoHasHandled(entry.Number);
        }
        foreach (var life in _targets)
        {
            life.Mailbox.Append(entry, _logged);
            if (operation.Kind == OperationKind.SocketsJoin)
            {
                foreach (var room in operation.Rooms)
                {
                    _table.SetPending(room, life, entry.Number);
                }
            }
        }
        _logged += operation.Size;
    }

    private void FindTargets(BroadcastTarget target, Entry entry)
    {
        var number = entry.Number;
        _targets.Clear();
        foreach (var socket in target.Sockets)
        {
            AddTarget(socket.Server, number);
        }
        foreach (var room in target.Rooms)
        {
            if (room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var socket) && _lives.ContainsKey(socket.Server))
            {
                AddTarget(socket.Server, number);
                continue;
            }
            if (room.Kind == RoomKind.Servers)
            {
                AddOtherServers(entry);
                continue;
            }
            foreach (var record in _table.Of(room))
            {
                AddTarget(record.Life, number);
            }
        }
    }

    private void AddOtherServers(Entry entry)
    {
        foreach (var life in _lives.Values)
        {
            if (life.Id != entry.Publisher)
            {
                AddTarget(life, entry.Number);
            }
        }
    }

    private void AddTarget(ServerId server, long number)
    {
        if (_lives.TryGetValue(server, out var life))
        {
            AddTarget(life, number);
        }
    }

    private void AddTarget(Life life, long number)
    {
        if (life.Mark != number)
        {
            life.Mark = number;
            _targets.Add(life);
        }
    }

    private void LeaveOutWhoHasHandled(long number) => _targets.RemoveAll(life => number <= life.Welcome.From);

    private ServerId[] TargetIds() => [.. _targets.Select(life => life.Id)];

    private void Acknowledged(Life life, long handled)
    {
        life.Mailbox.Acknowledge(handled);
        Push(life);
    }

    private void Push(Life life)
    {
        var previous = life.Mailbox.Acknowledged;
        if (life.Mailbox.NextBatch(_options) is { } batch)
        {
            Send(life, new Push { Life = life.Id, Epoch = Epoch, Previous = previous, Entries = batch });
        }
    }

    private void PushAll()
    {
        foreach (var life in _lives.Values)
        {
            Push(life);
        }
    }
}
