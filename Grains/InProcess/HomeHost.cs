using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.InProcess;

/// <summary>
/// Hosts the home of one namespace. All that concerns it goes through one queue, so the state machine sees one call at a time, and no caller waits.
/// </summary>
internal sealed class HomeHost : SerialQueue<object>, IHomeOutput
{
    private static readonly object TickItem = new();

    private readonly DirectoryHost _directory;
    private readonly Home _home;
    private readonly ILogger _logger;
    private readonly TurnWatch _watch;
    private readonly long _keepEmpty;
    private long _lastUsed;
    private int _tickQueued;
    private bool _ended;

    public HomeHost(DirectoryHost directory, string @namespace, DirectoryHostOptions options, Random random, long epoch, long voidFrom, ILogger logger)
    {
        _keepEmpty = (long)options.KeepEmptyHomes.TotalMilliseconds;
        _lastUsed = directory.Now;
        _directory = directory;
        Namespace = @namespace;
        _logger = logger;
        _watch = HomeTurns.Watch(logger, () => @namespace);
        _home = new Home(options.Directory.Homes, this, random, epoch, options.FirstStart, voidFrom);
        Snapshot = HomeSnapshot.Of(_home, null);
        directory.Metrics.Observe(this, @namespace, () => Snapshot);
    }

    /// <summary>The home's namespace.</summary>
    public string Namespace { get; }

    /// <summary>The home's figures at the last tick.</summary>
    public HomeSnapshot Snapshot { get; private set; }

    /// <summary>Hands a message to the home.</summary>
    public void Receive(WorkerMessage message) => Enqueue(message);

    /// <summary>Tells the home of a death, and the report when the home has taken note.</summary>
    public void Receive(DeathReport report) => Enqueue(report);

    /// <summary>Makes the home look at leases and time limits.</summary>
    public void Tick()
    {
        _watch.Look();
        if (Interlocked.Exchange(ref _tickQueued, 1) == 0)
        {
            Enqueue(TickItem);
        }
    }

    void IHomeOutput.Send(ServerId to, HomeMessage message) => _directory.Send(to.Process, Namespace, message);

    void IHomeOutput.SessionEnded(SessionEnd reason) => _directory.Metrics.SessionEnded(Namespace, reason);

    void IHomeOutput.Removed(ServerId life, RemovalReason reason)
    {
        _directory.Metrics.LifeRemoved(Namespace, reason);
        DirectoryLog.Removed(_logger, Namespace, life, reason);
    }

    void IHomeOutput.Opened(OpenSummary summary)
    {
        _directory.Metrics.EpochOpened(Namespace, summary.Merged > 0);
        DirectoryLog.Opened(_logger, Namespace, summary.Epoch, summary.Admitted, summary.Merged, summary.Entries, summary.Number);
    }

    void IHomeOutput.Conflict(string message) => DirectoryLog.HistoriesConflict(_logger, Namespace, message);

    /// <inheritdoc/>
    protected override void Run(object item)
    {
        _watch.Next(item is DeathReport ? HomeTurns.Death : item is WorkerMessage ? item : HomeTurns.Tick);
        switch (item)
        {
            case WorkerMessage message when _ended:
                // For the next home of the name.
                _directory.Receive(Namespace, message);
                break;
            case WorkerMessage message:
                _lastUsed = _directory.Now;
                if (message is Submit submit)
                {
                    _directory.Metrics.Received(Namespace, submit.Operations.Count);
                }
                HomeActivities.Receive(_home, Namespace, message, _directory.Now);
                break;
            case DeathReport report:
                try
                {
                    _home.ReportDeath(report.Process, _directory.Now);
                }
                finally
                {
                    report.Noted();
                }
                break;
            default:
                Volatile.Write(ref _tickQueued, 0);
                _home.Tick(_directory.Now);
                Snapshot = HomeSnapshot.Of(_home, Snapshot);
                if (!_ended && _home.IsEmpty && _directory.Now - _lastUsed > _keepEmpty)
                {
                    _ended = true;
                    _directory.Metrics.Forget(this);
                    _directory.Remove(this);
                }
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndTurn() => _watch.End();

    /// <inheritdoc/>
    protected override void Failed(Exception exception) => DirectoryLog.HomeFailed(_logger, Namespace, exception);
}
