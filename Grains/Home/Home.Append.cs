namespace OrleansAdapter.Grains;

/// <content>Operations in, entries out: accepting batches, finding targets, and pushing mailboxes.</content>
internal sealed partial class Home
{
    private readonly List<Life> _targets = [];
    private readonly List<Life> _concerned = [];

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
        List<ClaimAnswer>? claims = null;
        var position = submit.First;
        foreach (var operation in submit.Operations)
        {
            Number++;
            if (operation.IsOwnMembership)
            {
                _table.SetMember(operation.Rooms[0], life, operation.Kind == OperationKind.Join, operation.AsOf, Number);
            }
            else if (operation.Kind == OperationKind.Session)
            {
                TakeSessionWord(life, operation);
            }
            else if (operation.Kind == OperationKind.Claim)
            {
                (claims ??= []).Add(TakeClaim(life, position, submit.First, operation, firstNumber));
            }
            else
            {
                AppendOfBatch(new Entry(Number, life.Id, position, submit.First, operation), firstNumber);
                if (operation.Kind == OperationKind.Request)
                {
                    (targets ??= []).Add(new RequestTargets(position, TargetIds()));
                }
            }
            position++;
        }
        life.LastPosition = position - 1;
        life.LastBatch = (submit.First, firstNumber, submit.Operations.Count, targets ?? (IReadOnlyList<RequestTargets>)[]);
        life.LastClaims = claims ?? (IReadOnlyList<ClaimAnswer>)[];
        ReportedUpTo(life);
        AnswerBatch(life);
        foreach (var concerned in _concerned)
        {
            Push(concerned);
        }
        _concerned.Clear();
        RemoveOverflowed();
    }

    /// <summary>Appends an entry of a batch whose first number is given, and notes whom the batch concerns.</summary>
    private void AppendOfBatch(Entry entry, long firstNumber)
    {
        FindTargets(entry.Operation.Target!, entry);
        foreach (var life in _targets)
        {
            if (life.Mailbox.Last < firstNumber)
            {
                _concerned.Add(life);
            }
        }
        Append(entry);
    }

    private void AnswerBatch(Life life)
    {
        var (first, number, count, targets) = life.LastBatch;
        Send(
            life,
            new Accepted { Life = life.Id, Epoch = Epoch, First = first, FirstNumber = number, Count = count, Targets = targets, Claims = life.LastClaims });
    }

    /// <summary>Puts an entry into the mailbox of every target that was found (PROTOCOL.md, H6).</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isHeld">Whether a life on another machine had handled it before.</param>
    private void Append(Entry entry, bool isHeld = false)
    {
        _backlog.Append(entry, _targets);
        if (_copies.AreNeeded && !isHeld)
        {
            _copies.Appended(entry, _lives.Find(entry.Publisher), _targets);
        }
        _sessions?.Log(entry, _now);
        if (entry.Operation.Kind == OperationKind.Moved)
        {
            SetMovedPending(entry);
        }
        if (entry.Operation.Kind != OperationKind.SocketsJoin)
        {
            return;
        }
        foreach (var life in _targets)
        {
            foreach (var room in entry.Operation.Rooms)
            {
                _table.SetPending(room, life, entry.Number);
            }
        }
    }

    private void FindTargets(BroadcastTarget target, Entry entry)
    {
        var number = entry.Number;
        _targets.Clear();
        foreach (var socket in target.Sockets)
        {
            if (_lives.Find(HolderOf(socket)) is { } life)
            {
                AddTarget(life, number);
            }
        }
        foreach (var room in target.Rooms)
        {
            if (room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var socket) && IsSocket(socket))
            {
                if (_lives.Find(HolderOf(socket)) is { } life)
                {
                    AddTarget(life, number);
                }
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
        foreach (var life in _lives.All)
        {
            if (life.Id != entry.Publisher)
            {
                AddTarget(life, entry.Number);
            }
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

    private ServerId[] TargetIds() => [.. _targets.Select(life => life.Id)];

    private void Acknowledged(Life life, long handled)
    {
        TakeHandled(life, handled);
        Push(life);
    }

    private void TakeHandled(Life life, long handled)
    {
        _backlog.Acknowledge(life, handled);
        _copies.Acknowledge(life, handled);
    }

    private void Push(Life life)
    {
        if (life.Mailbox.NextBatch(_options, out var previous) is { } batch)
        {
            Send(life, new Push { Life = life.Id, Epoch = Epoch, Previous = previous, Entries = batch });
        }
    }
}
