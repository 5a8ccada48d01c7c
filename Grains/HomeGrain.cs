using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// <see cref="Home"/> as a grain: a home. No method waits, so messages are handled one after the other however many come; what is for the caller
/// is the call's result, what is for others is written to their mailbox streams behind it.
/// </summary>
[GrainType("orleansadapter.home")]
internal sealed partial class HomeGrain : Grain, IHomeGrain, IHomeOutput
{
    /// <summary>The grain type, for who looks for homes.</summary>
    public static readonly GrainType Type = GrainType.Create("orleansadapter.home");

    private static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(2);

    private readonly DirectoryOptions _options;
    private readonly FirstHomes _firstHomes;
    private readonly Epochs _epochs;
    private readonly Machines _machines;
    private readonly DeadServers _deadServers;
    private readonly LocalHomes _localHomes;
    private readonly Standing? _standing;
    private readonly DirectoryMetrics _metrics;
    private readonly MailboxSubscribers _subscribers;
    private readonly KeptSubscriptions _subscriptions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TurnWatch _watch;
    private readonly MessageParts _parts;
    private readonly Dictionary<ServerId, MailboxWriter> _mailboxes = [];
    private readonly Dictionary<ServerId, byte> _versions = [];
    private readonly HashSet<MailboxWriter> _unflushed = [];
    private readonly List<byte[]> _replies = [];
    private IStreamProvider _streams = null!;
    private IGrainTimer _timer = null!;
    private Home _home = null!;
    private ServerId _caller;
    private HomeSnapshot? _snapshot;
    private long _keptUntil;

    public HomeGrain(
        IOptions<DirectoryOptions> options,
        FirstHomes firstHomes,
        Epochs epochs,
        Machines machines,
        DeadServers deadServers,
        LocalHomes localHomes,
        StandingWatch standing,
        DirectoryMetrics metrics,
        MailboxSubscribers subscribers,
        KeptSubscriptions subscriptions,
        TimeProvider time,
        ILogger<HomeGrain> logger)
    {
        _options = options.Value;
        _firstHomes = firstHomes;
        _epochs = epochs;
        _machines = machines;
        _deadServers = deadServers;
        _localHomes = localHomes;
        _standing = standing.Standing;
        _metrics = metrics;
        _subscribers = subscribers;
        _subscriptions = subscriptions;
        _time = time;
        _logger = logger.Bounded(time);
        _watch = HomeTurns.Watch(_logger, () => Namespace);
        _parts = new MessageParts(_options.MaximumMessageBytes);
    }

    private string Namespace => this.GetPrimaryKeyString();

    /// <summary>
    /// Whether nobody has to be waited for who remembers a home before: there was none, or it was one of a warm-up, of which nothing is worth remembering.
    /// </summary>
    private bool IsFirst => WarmUpNamespaces.Is(Namespace) || (_options.FirstStart && _firstHomes.IsFirst(Namespace));

    private long Now => _time.Milliseconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _streams = this.GetStreamProvider(_options.StreamProvider);
        var epoch = _epochs.Next();
        _home = new Home(_options.Homes, this, Random.Shared, epoch, IsFirst);
        _home.SetMachine(_machines.OfHomes);
        var period = TickPeriod.OfHold(_options.Homes.PauseThreshold);
        _timer = this.RegisterGrainTimer(static (grain, _) => grain.TickAsync(), this, new GrainTimerCreationOptions(period, period) { Interleave = true });
        _snapshot = HomeSnapshot.Of(_home, _snapshot);
        _metrics.Observe(this, Namespace, () => _snapshot!);
        DirectoryLog.HomeStarted(_logger, Namespace, epoch);
        LearnDeadSilos();
        _ = LearnDeathsAsync();
        _turns = TaskScheduler.Current;
        _localHomes.Add(Namespace, this);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _localHomes.Remove(Namespace, this);
        _metrics.Forget(this);
        foreach (var mailbox in _mailboxes.Values)
        {
            mailbox.Detach();
        }
        return Task.CompletedTask;
    }

    public Task<MailboxBatch> Send(MailboxBatch messages, IMailboxObserver? observer) =>
        IsSure ? Take(messages, observer) : WhenSureAsync(() => Take(messages, observer));

    private Task<MailboxBatch> Take(MailboxBatch messages, IMailboxObserver? observer)
    {
        try
        {
            var tellsSilo = false;
            foreach (var message in messages.Messages)
            {
                tellsSilo |= Receive(message, observer) is Register or Renew;
            }
            return Task.FromResult(Replies(tellsSilo));
        }
        finally
        {
            EndTurn();
        }
    }

    public Task<MailboxBatch> SendPart(MessagePart part, IMailboxObserver? observer) =>
        IsSure ? Take(part, observer) : WhenSureAsync(() => Take(part, observer));

    private Task<MailboxBatch> Take(MessagePart part, IMailboxObserver? observer)
    {
        try
        {
            var tellsSilo = _parts.Add(part) is { } message && Receive(message, observer) is Register;
            return Task.FromResult(Replies(tellsSilo));
        }
        finally
        {
            EndTurn();
        }
    }

    public Task<MailboxBatch> Check(ServerId life, long epoch, byte version)
    {
        if (!IsSure)
        {
            return Task.FromResult(MailboxBatch.Empty);
        }
        _versions[life.Process] = version;
        _caller = life;
        try
        {
            _home.Check(life, epoch);
            return Task.FromResult(Replies(tellsSilo: true));
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>A death that this home cannot take note of, as it is not sure of its place, is reported again.</summary>
    public async Task ReportDeath(ServerId process)
    {
        if (!IsSure && !await UntilSureAsync())
        {
            throw new TimeoutException($"The home of {Namespace} is not sure of its place in the cluster, and takes nothing now.");
        }
        try
        {
            _watch.Next(HomeTurns.Death);
            _home.ReportDeath(process, Now);
        }
        finally
        {
            EndTurn();
        }
    }

    public Task<HomeStatus> Status() => Task.FromResult(
        new HomeStatus(Namespace, _home.Epoch, _home.IsOpen, _home.Number, _home.RoomCount, _home.Backlog, _mailboxes.Count, [.. _home.Lives]));

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        var version = _versions.GetValueOrDefault(to.Process, ProtocolVersion.Oldest);
        if (to == _caller)
        {
            _replies.Add(Wire.Write(message, version));
            return;
        }
        var bytes = Wire.Write(message, version);
        if (bytes.Length > _options.StreamMessageLimit)
        {
            if (message is not Push { Entries.Count: > 0 } push)
            {
                return; // asked for again by a call, whose result has no such limit
            }
            // A push that says "you must have handled all of these already" makes the server read them.
            bytes = Wire.Write(push with { Previous = push.Entries[^1].Number, Entries = [] }, version);
        }
        var mailbox = MailboxOf(to);
        mailbox.Add(bytes);
        _unflushed.Add(mailbox);
    }

    void IHomeOutput.SessionEnded(SessionEnd reason) => _metrics.SessionEnded(Namespace, reason);

    void IHomeOutput.Removed(ServerId life, RemovalReason reason)
    {
        _metrics.LifeRemoved(Namespace, reason);
        DirectoryLog.Removed(_logger, Namespace, life, reason);
        Forget(life);
    }

    void IHomeOutput.Opened(OpenSummary summary)
    {
        _metrics.EpochOpened(Namespace, summary.Merged > 0);
        DirectoryLog.Opened(_logger, Namespace, summary.Epoch, summary.Admitted, summary.Merged, summary.Entries, summary.Number);
        foreach (var left in _mailboxes.Keys.Except(_home.Lives).ToArray())
        {
            Forget(left); // who registered and was not admitted
        }
        var period = TickPeriod.OfLeases(_options.Homes.PauseThreshold);
        _timer.Change(period, period);
    }

    void IHomeOutput.Conflict(string message) => DirectoryLog.HistoriesConflict(_logger, Namespace, message);

    private WorkerMessage Receive(byte[] bytes, IMailboxObserver? observer)
    {
        var message = MessageCodec.ReadWorkerMessage(bytes);
        _versions[message.Life.Process] = Wire.VersionOf(bytes);
        if (message is Submit submit)
        {
            _metrics.Received(Namespace, submit.Operations.Count);
        }
        if (observer is not null)
        {
            MailboxOf(message.Life).Attach(observer);
        }
        _caller = message.Life;
        Hand(message);
        if (observer is not null && _home.IsOpen && !_home.Has(message.Life))
        {
            Forget(message.Life); // refused, which the result tells it
        }
        return message;
    }

    private void Hand(WorkerMessage message)
    {
        _watch.Next(message);
        HomeActivities.Receive(_home, Namespace, message, Now);
    }

    /// <summary>Takes a life's answer to a push. There is no call whose result could carry what the home then has for it: that goes into its mailbox.</summary>
    private void Answered(MailboxBatch answer)
    {
        if (!IsSure)
        {
            return; // as if it were lost
        }
        try
        {
            foreach (var bytes in answer.Messages)
            {
                Hand(MessageCodec.ReadWorkerMessage(bytes));
            }
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>What there is for the caller.</summary>
    /// <param name="tellsSilo">Whether it is to know in which silo the home is, for its rounds.</param>
    private MailboxBatch Replies(bool tellsSilo) =>
        _replies.Count > 0 ? new MailboxBatch([.. _replies], tellsSilo ? _localHomes.Silo : null) : tellsSilo ? _localHomes.Nothing : MailboxBatch.Empty;

    /// <summary>Whatever a message did, also where it threw: what others are to get goes out, and the next caller gets nothing that was for this one.</summary>
    private void EndTurn()
    {
        _caller = default;
        _replies.Clear();
        foreach (var mailbox in _unflushed)
        {
            _ = mailbox.Flush();
        }
        _unflushed.Clear();
        _watch.End();
    }

    private Task TickAsync()
    {
        if (!IsSure)
        {
            return Task.CompletedTask; // leases do not run meanwhile
        }
        _unsureSince = null;
        try
        {
            _watch.Next(HomeTurns.Tick);
            _home.SetMachine(_machines.OfHomes);
            LearnDeadSilos();
            _home.Tick(Now);
        }
        finally
        {
            EndTurn();
        }
        _snapshot = HomeSnapshot.Of(_home, _snapshot);
        if (_home.IsEmpty && _home.IsOpen && WarmUpNamespaces.Is(Namespace))
        {
            DeactivateOnIdle(); // nobody comes back to it
        }
        else if (!_home.IsEmpty && Now > _keptUntil)
        {
            // A home that knows something must not be collected for idleness: that would be an epoch for nothing.
            _keptUntil = Now + (long)(KeepFor.TotalMilliseconds / 2);
            DelayDeactivation(KeepFor);
        }
        return Task.CompletedTask;
    }

    /// <summary>Whoever died together with the home before this one is not to be waited for; the report of that death came when there was no home.</summary>
    private async Task LearnDeathsAsync()
    {
        try
        {
            foreach (var process in await GrainFactory.GetGrain<IServerListGrain>(0).RecentDeaths())
            {
                await ReportDeath(process);
            }
        }
#pragma warning disable CA1031 // Then it waits.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(_logger, "recent deaths", exception);
        }
    }

    private MailboxWriter MailboxOf(ServerId life)
    {
        if (!_mailboxes.TryGetValue(life, out var mailbox))
        {
            var stream = _streams.GetStream<MailboxBatch>(MailboxStreams.OfLife(Namespace, life));
            mailbox = new MailboxWriter(stream, _subscribers, Answered, exception => DirectoryLog.WriteFailed(_logger, Namespace, life, exception));
            _mailboxes[life] = mailbox;
        }
        return mailbox;
    }

    /// <summary>A life has ended: its mailbox goes, and whatever the streams keep of it.</summary>
    private void Forget(ServerId life)
    {
        _parts.Forget(life);
        _ = ForgetAsync(life);
    }

    private async Task ForgetAsync(ServerId life)
    {
        try
        {
            await Task.Yield(); // what is being said to it now, goes out first
            if (_mailboxes.TryGetValue(life, out var mailbox))
            {
                await mailbox.Flush();
                if (_home.Has(life))
                {
                    return; // it has registered again meanwhile
                }
                mailbox.Detach();
                _mailboxes.Remove(life);
            }
            if (!_home.HasProcess(life.Process))
            {
                _versions.Remove(life.Process);
            }
            await _subscriptions.RemoveAsync(MailboxStreams.OfLife(Namespace, life));
        }
#pragma warning disable CA1031 // It is house-keeping: the subscription goes with its client, later.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.RemovalFailed(_logger, Namespace, life, exception);
        }
    }
}
