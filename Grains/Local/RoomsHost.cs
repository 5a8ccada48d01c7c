using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Local;

/// <summary>What a home was like at its last tick, for metrics and status.</summary>
internal sealed record RoomsStatus(long Epoch, bool IsOpen, long Number, int Rooms, int Lives, long Backlog);

/// <summary>
/// Hosts the home of one namespace: everything that concerns it goes through one queue, so that the state machine sees one call at a time
/// and nobody who calls ever waits.
/// </summary>
internal sealed class RoomsHost : SerialQueue<object>, IRoomsOutput
{
    private static readonly object TickItem = new();

    private readonly DirectoryHost _directory;
    private readonly Rooms _rooms;
    private readonly ILogger _logger;
    private readonly long _keepEmpty;
    private long _lastUsed;
    private int _tickQueued;
    private bool _ended;

    public RoomsHost(DirectoryHost directory, string @namespace, DirectoryHostOptions options, Random random, long epoch, long voidFrom, ILogger logger)
    {
        _keepEmpty = (long)options.KeepEmptyHomes.TotalMilliseconds;
        _lastUsed = directory.Now;
        _directory = directory;
        Namespace = @namespace;
        _logger = logger;
        _rooms = new Rooms(options.Rooms, this, random, epoch, options.FirstStart, voidFrom);
        Status = new RoomsStatus(epoch, false, 0, 0, 0, 0);
    }

    /// <summary>Whose home it is.</summary>
    public string Namespace { get; }

    /// <summary>What it was like at the last tick.</summary>
    public RoomsStatus Status { get; private set; }

    /// <summary>Hands a message to the home.</summary>
    public void Receive(WorkerMessage message) => Enqueue(message);

    /// <summary>Tells the home of a death; the report ends when the home has taken note.</summary>
    public void Receive(DeathReport report) => Enqueue(report);

    /// <summary>Lets the home end what has run out.</summary>
    public void Tick()
    {
        if (Interlocked.Exchange(ref _tickQueued, 1) == 0)
        {
            Enqueue(TickItem);
        }
    }

    void IRoomsOutput.Send(ServerId to, HomeMessage message) => _directory.Send(to.Process, Namespace, message);

    void IRoomsOutput.Removed(ServerId life, RemovalReason reason)
    {
        _directory.Metrics.LifeRemoved(Namespace, reason);
        DirectoryLog.LifeRemoved(_logger, Namespace, life, reason);
    }

    void IRoomsOutput.Opened(OpenSummary summary)
    {
        _directory.Metrics.EpochOpened(Namespace);
        DirectoryLog.HomeOpened(_logger, Namespace, summary.Epoch, summary.Admitted, summary.Merged, summary.Entries, summary.Number);
    }

    void IRoomsOutput.Conflict(string message) => DirectoryLog.HistoriesConflict(_logger, Namespace, message);

    /// <inheritdoc/>
    protected override void Run(object item)
    {
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
                    _directory.Metrics.Published(submit.Operations.Count);
                }
                _rooms.Receive(message, _directory.Now);
                break;
            case DeathReport report:
                try
                {
                    _rooms.ReportDeath(report.Process, _directory.Now);
                }
                finally
                {
                    report.Noted();
                }
                break;
            default:
                Volatile.Write(ref _tickQueued, 0);
                _rooms.Tick(_directory.Now);
                Status = new RoomsStatus(_rooms.Epoch, _rooms.IsOpen, _rooms.Number, _rooms.RoomCount, _rooms.Lives.Count, _rooms.Backlog);
                if (!_ended && _rooms.IsEmpty && _directory.Now - _lastUsed > _keepEmpty)
                {
                    _ended = true;
                    _directory.Remove(this);
                }
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndTurn()
    {
    }

    /// <inheritdoc/>
    protected override void Failed(Exception exception) => DirectoryLog.HomeFailed(_logger, Namespace, exception);
}
