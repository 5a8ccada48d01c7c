using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// Connects this server with the home of one namespace: by calls to the home's grain, a <see cref="CallLane{T}"/> for each kind, and by the mailbox stream
/// of the server's life. It subscribes to the stream before the life registers, so that nothing is pushed where nobody listens.
/// </summary>
internal sealed class HomeLink : IAsyncDisposable
{
    private static readonly TimeSpan RegisterAgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly OrleansDirectory _directory;
    private readonly string _namespace;
    private readonly IHomeGrain _home;
    private readonly MailboxSubscription _subscription;
    private readonly CallLane<WorkerMessage> _register;
    private readonly CallLane<WorkerMessage> _submit;
    private readonly CallLane<WorkerMessage> _acknowledge;
    private readonly CallLane<WorkerMessage> _read;
    private readonly CallLane<WorkerMessage> _renew;
    private readonly WaitingAcknowledgement _waiting;
    private ServerId _life;
    private long _pledge;
    private long _lastMessage;
    private int _inParts;
    private long _checked;
    private Delivery? _delivery;

    public HomeLink(OrleansDirectory directory, string @namespace, IHomeGrain home)
    {
        _directory = directory;
        _namespace = @namespace;
        _home = home;
        Contact = new HomeContact(@namespace);
        _subscription = new MailboxSubscription(directory.Streams, directory.ClientEnd, Receive, DeliverAsync);
        _register = Lane(RegisterAsync);
        _submit = Lane(SubmitAsync);
        _acknowledge = Lane(CallAsync);
        _read = Lane(ReadAsync);
        _renew = Lane(CallAsync);
        _waiting = new WaitingAcknowledgement(directory.Time, _acknowledge.Send);
    }

    /// <summary>How it stands between the server and the home.</summary>
    public HomeContact Contact { get; }

    public void Send(WorkerMessage message)
    {
        if (message is Register register && _directory.Machine is { } machine)
        {
            message = register with { Machine = machine };
        }
        Contact.Said(message);
        if (message is Renew renewal && Contact.TryKeep(renewal, _directory.Now))
        {
            return;
        }
        if (message is Register)
        {
            // Calls to a home that is gone may take their time to fail, and so may one whose gateway went with it: what is said now is not to wait for
            // them. A register in parts is under way as long as parts of it are answered, and would begin again with each new one.
            if (Interlocked.Exchange(ref _pledge, message.Epoch) != message.Epoch || Volatile.Read(ref _inParts) == 0)
            {
                _register.Reset();
            }
            _submit.Reset();
            _acknowledge.Reset();
            _read.Reset();
            _renew.Reset();
        }
        if (Volatile.Read(ref _delivery) is { } delivery && delivery.TryAnswer(message))
        {
            _waiting.Take();
            return;
        }
        if (message is Acknowledge { MayWait: true } acknowledge)
        {
            _waiting.Put(acknowledge);
            return;
        }
        if (message is not Submit)
        {
            _waiting.Take(); // it says all that that did
        }
        var lane = message switch
        {
            Register => _register,
            Submit => _submit,
            Acknowledge => _acknowledge,
            ReadAfter => _read,
            _ => _renew,
        };
        lane.Send(message);
    }

    /// <summary>
    /// Asks the home by itself whether a message was missed; with a renewal, that says it as well. A question does not wait for the answer to the one before:
    /// a call to a silo that died fails only after a new home has waited long enough.
    /// </summary>
    public void Ask(Renew? renewal)
    {
        if (renewal is not null)
        {
            _renew.Send(renewal);
        }
        else if (Contact.Newest is { } newest)
        {
            _ = CheckAsync(newest);
        }
    }

    /// <summary>Takes what the home has said in a round.</summary>
    public void Receive(MailboxBatch batch)
    {
        using var turns = _directory.ClientEnd is null ? default : WorkBatch.Begin();   // in a silo, this may be the thread of somebody's grain
        Pass(Read(batch));
        if (batch.Silo is { } silo)
        {
            _directory.Rounds.Named(Contact, silo, _directory.Now);
        }
    }

    /// <summary>Ends the subscription, if the cluster can be reached.</summary>
    public ValueTask DisposeAsync()
    {
        _waiting.Dispose();
        return _subscription.DisposeAsync();
    }

    /// <summary>
    /// Registers the life. A server with a history registers first and looks after its subscription meanwhile, because the new home waits for it, but not
    /// for long.
    /// </summary>
    private async Task<MailboxBatch> RegisterAsync(WorkerMessage message)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // a history may be long, and the caller must not wait for it
        _life = message.Life;
        var remembers = message is Register { History: not null };
        if (remembers)
        {
            _ = SubscribeAsync(message.Life);
        }
        while (true)
        {
            try
            {
                if (!remembers)
                {
                    await _subscription.EnsureAsync(MailboxStreams.OfLife(_namespace, message.Life)).ConfigureAwait(false);
                }
                return await CallAsync(message).ConfigureAwait(false);
            }
            catch (Exception exception) when (Contact.Newest == message && exception is not LimitExceededException)
            {
                _directory.CallFailed(_namespace, exception);
            }
            await Task.Delay(RegisterAgainAfter, _directory.Stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Reads what was not pushed, and then looks after the subscription, whose loss may be the reason.</summary>
    private async Task<MailboxBatch> ReadAsync(WorkerMessage message)
    {
        var result = await CallAsync(message).ConfigureAwait(false);
        if (_directory.Now - Volatile.Read(ref _checked) > 1_000)
        {
            Volatile.Write(ref _checked, _directory.Now);
            _ = SubscribeAsync(message.Life);
        }
        return result;
    }

    private async Task SubscribeAsync(ServerId life)
    {
        try
        {
            if (life == _life) // else it is late, for an earlier life
            {
                await _subscription.EnsureAsync(MailboxStreams.OfLife(_namespace, life)).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // What is not pushed is read, and each read checks again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.SubscribeFailed(_directory.Logger, _namespace, life, exception);
        }
    }

    private async Task CheckAsync(WorkerMessage newest)
    {
        try
        {
            Receive(await _home.Check(newest.Life, newest.Epoch, _directory.Version).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // It is asked again soon.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(_directory.Logger, _namespace, exception);
        }
    }

    /// <summary>What this server publishes takes the acknowledgement along that waits.</summary>
    private Task<MailboxBatch> SubmitAsync(WorkerMessage message) => CallAsync(message, _waiting.Take());

    private Task<MailboxBatch> CallAsync(WorkerMessage message) => CallAsync(message, before: null);

    private async Task<MailboxBatch> CallAsync(WorkerMessage message, Acknowledge? before)
    {
        var bytes = Wire.Write(message, _directory.Version);
        var observer = message is Register ? _subscription.Observer : null;
        if (bytes.Length <= _directory.Options.PartBytes)
        {
            byte[][] messages = before is null ? [bytes] : [Wire.Write(before, _directory.Version), bytes];
            return await _home.Send(new MailboxBatch(messages), observer).ConfigureAwait(false);
        }
        if (before is not null)
        {
            _acknowledge.Send(before);
        }
        var result = MailboxBatch.Empty;
        Interlocked.Increment(ref _inParts);
        try
        {
            foreach (var part in MessageParts.Split(message.Life, Interlocked.Increment(ref _lastMessage), bytes, _directory.Options.PartBytes))
            {
                result = await _home.SendPart(part, observer).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inParts);
        }
        return result;
    }

    private CallLane<WorkerMessage> Lane(Func<WorkerMessage, Task<MailboxBatch>> call) =>
        new(call, Receive, exception => _directory.CallFailed(_namespace, exception));

    /// <summary>
    /// Takes an event of our own stream provider. The result is the acknowledgement of its entries where that comes soon; mostly it is there when the turn
    /// has run.
    /// </summary>
    private async Task<MailboxBatch> DeliverAsync(MailboxBatch batch)
    {
        var messages = Read(batch);
        var delivery = messages.LastOrDefault(message => message is Push { Entries.Count: > 0 }) is Push push ? new Delivery(push) : null;
        Volatile.Write(ref _delivery, delivery);
        using (WorkBatch.Begin())
        {
            Pass(messages);
        }
        if (delivery is null)
        {
            return MailboxBatch.Empty;
        }
        var answer = await delivery.AnswerAsync(_directory.Time, _directory.Version).ConfigureAwait(false);
        Interlocked.CompareExchange(ref _delivery, null, delivery);
        return answer;
    }

    private List<HomeMessage> Read(MailboxBatch batch)
    {
        Contact.Heard(_directory.Now);
        List<HomeMessage> messages = new(batch.Messages.Length);
        foreach (var bytes in batch.Messages)
        {
            try
            {
                messages.Add(MessageCodec.ReadHomeMessage(bytes));
            }
            catch (ProtocolException exception)
            {
                DirectoryLog.Unreadable(_directory.Logger, exception);
            }
        }
        return messages;
    }

    private void Pass(List<HomeMessage> messages)
    {
        foreach (var message in messages)
        {
            if (message is WrongEpoch)
            {
                _directory.Rounds.Superseded(Contact, _directory.Now);
            }
            _directory.Receiver.Receive(_namespace, message);
        }
    }
}
