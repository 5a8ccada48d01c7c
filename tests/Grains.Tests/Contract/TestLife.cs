namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>
/// One life of a server in one home, speaking the protocol by hand: enough of a worker to drive a directory, and nothing that repairs or
/// hides what the directory does. What it waits for it asks for again after a while, since the seam may lose messages.
/// </summary>
internal sealed class TestLife(TestServer server, string @namespace, ServerId life)
{
    private readonly List<Entry> _entries = [];
    private bool _live;

    public ServerId Id { get; } = life;

    public long Epoch { get; private set; }

    public long Session { get; private set; }

    /// <summary>How long it may be silent, in milliseconds: longer than any test, as nothing renews it by itself.</summary>
    private const long Lease = 3_600_000;

    /// <summary>The last number handled.</summary>
    public long Handled { get; private set; }

    /// <summary>The last position used.</summary>
    public long LastPosition { get; private set; }

    /// <summary>The newest list of lives.</summary>
    public (long Version, IReadOnlyList<ServerId> Lives) List { get; private set; } = (0, []);

    /// <summary>Registers; an epoch that the home names is registered for at once.</summary>
    internal async Task<Registered> RegisterAsync(ServerId replaces = default, History? history = null)
    {
        _live = false;
        for (var wait = new Wait.Deadline($"{Id} is not registered"); ; wait.Check())
        {
            Send(new Register { Life = Id, Epoch = Epoch, Replaces = replaces, History = history, Lease = Lease });
            switch (await TryNextAsync(message => message is Registered or WrongEpoch || IsMyEnd(message)))
            {
                case Fenced:
                    throw new InvalidOperationException($"{Id} wanted to register, and was fenced.");
                case WrongEpoch wrong:
                    Epoch = Math.Max(Epoch, wrong.Epoch);
                    break;
                case Registered registered:
                    (Epoch, Session, Handled, List) = (registered.Epoch, registered.Session, registered.From, (0, []));
                    _live = true;
                    Take(registered.Head);
                    return registered;
            }
        }
    }

    /// <summary>Submits a batch until it is accepted.</summary>
    internal async Task<Accepted> SubmitAsync(params Operation[] operations)
    {
        var first = LastPosition + 1;
        LastPosition += operations.Length;
        return await SubmitAsync(first, operations);
    }

    /// <summary>Submits a batch that begins at a position, perhaps again, until it is accepted.</summary>
    internal Task<Accepted> SubmitAsync(long first, params Operation[] operations) => AskAsync<Accepted>(
        new Submit { Life = Id, Epoch = Epoch, Session = Session, First = first, Operations = operations },
        accepted => accepted.First == first);

    /// <summary>Joins a room.</summary>
    internal Task<Accepted> JoinAsync(string room) => SubmitAsync(Operation.Own(Room.Named(room), member: true, Handled));

    /// <summary>Publishes to a room.</summary>
    internal Task<Accepted> PublishAsync(string room, string text) => SubmitAsync(Emit(room, text));

    internal static Operation Emit(string room, string text) => Operation.Emit(BroadcastTarget.Of(Room.Named(room)), System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Renews the lease until that is answered.</summary>
    internal Task<Renewed> RenewAsync() => AskAsync<Renewed>(new Renew { Life = Id, Epoch = Epoch, Session = Session, Handled = Handled });

    /// <summary>Reads again from a number, whatever was handled.</summary>
    internal Task<Push> ReadAfterAsync(long number) => AskAsync<Push>(
        new ReadAfter { Life = Id, Epoch = Epoch, Session = Session, Handled = number },
        push => push.Previous == number);

    /// <summary>Asks for a lease that is over at once, and is silent from then on.</summary>
    internal void Lapse() => Send(new Register { Life = Id, Epoch = Epoch, Lease = 1 });

    /// <summary>Handles and acknowledges entries until there are so many that were not taken yet, and takes them.</summary>
    internal async Task<List<Entry>> TakeAsync(int count)
    {
        var wait = new Wait.Deadline($"{Id} has not got {count} entries");
        for (; _entries.Count < count; wait.Check($"still {_entries.Count}"))
        {
            switch (await TryNextAsync(message => message is Push || IsMyEnd(message)))
            {
                case Push push:
                    Handle(push);
                    break;
                case Fenced:
                    throw new InvalidOperationException($"{Id} waited for {count} entries, and was fenced.");
                default:
                    Send(new ReadAfter { Life = Id, Epoch = Epoch, Session = Session, Handled = Handled });
                    break;
            }
        }
        var taken = _entries.GetRange(0, count);
        _entries.RemoveRange(0, count);
        return taken;
    }

    /// <summary>The texts of the next entries.</summary>
    internal async Task<List<string>> TakeTextsAsync(int count) => [.. (await TakeAsync(count)).Select(Text)];

    internal static string Text(Entry entry) => System.Text.Encoding.UTF8.GetString(entry.Operation.Body.Span);

    /// <summary>Sends a message, again and again, until an answer of this type comes that matches.</summary>
    internal async Task<T> AskAsync<T>(WorkerMessage message, Func<T, bool>? matches = null)
        where T : HomeMessage
    {
        for (var wait = new Wait.Deadline($"{message} is not answered by {typeof(T).Name}"); ; wait.Check())
        {
            Send(message);
            switch (await TryNextAsync(answer => (answer is T wanted && matches?.Invoke(wanted) != false) || (message.Life == Id && IsMyEnd(answer))))
            {
                case T answer:
                    return answer;
                case Fenced:
                    throw new InvalidOperationException($"{Id} said {message}, and was fenced.");
            }
        }
    }

    internal void Send(WorkerMessage message) => server.Directory.Send(@namespace, message);

    /// <summary>What this life would tell the next home.</summary>
    internal History History(IReadOnlyList<Entry> retained, IReadOnlyList<OutboxItem> outbox, params Room[] rooms) => new()
    {
        Epoch = Epoch,
        Handled = Handled,
        Number = Handled,
        ListVersion = List.Version,
        List = List.Lives,
        LastPosition = LastPosition,
        Retained = retained,
        Outbox = outbox,
        Rooms = rooms,
        Seen = [.. retained.GroupBy(entry => entry.Publisher).Select(group => new SeenPosition(group.Key, group.Max(entry => entry.Position)))],
    };

    private bool IsMyEnd(HomeMessage message) => message is Fenced fenced && fenced.Life == Id;

    private void Handle(Push push)
    {
        if (!_live || push.Life != Id || push.Epoch != Epoch || push.Session != Session)
        {
            return;
        }
        if (push.Previous > Handled)
        {
            Send(new ReadAfter { Life = Id, Epoch = Epoch, Session = Session, Handled = Handled });
            return;
        }
        foreach (var entry in push.Entries.Where(entry => entry.Number > Handled))
        {
            Handled = entry.Number;
            _entries.Add(entry);
        }
        Send(new Acknowledge { Life = Id, Epoch = Epoch, Session = Session, Handled = Handled });
    }

    /// <summary>The next message that matches; null where none came for a while. Entries that come in between are handled.</summary>
    private async Task<HomeMessage?> TryNextAsync(Func<HomeMessage, bool> matches)
    {
        using var again = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        again.CancelAfter(Wait.Again);
        try
        {
            while (true)
            {
                var message = await server.Home(@namespace).ReadAsync(again.Token);
                Take(message.Head);
                if (matches(message))
                {
                    return message;
                }
                if (message is Push push)
                {
                    Handle(push);
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Take(Head? head)
    {
        if (head?.List is { } lives && head.ListVersion > List.Version)
        {
            List = (head.ListVersion, lives);
        }
    }
}
