using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.InProcess;

/// <summary>Hosts the list of servers, as <see cref="HomeHost"/> hosts a home.</summary>
internal sealed class ServerListHost : SerialQueue<object>, IServersOutput
{
    private static readonly object TickItem = new();

    private readonly DirectoryHost _directory;
    private readonly ServerList _list;
    private readonly ILogger _logger;
    private int _tickQueued;

    public ServerListHost(DirectoryHost directory, ServersOptions options, Random random, ILogger logger)
    {
        _directory = directory;
        _logger = logger;
        _list = new ServerList(options, this, random);
        directory.Metrics.Observe(this, () => (Count, WaitingBytes));
    }

    /// <summary>How many servers are registered, at the last tick.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes of answers wait, at the last tick.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>Hands a message to the list.</summary>
    public void Receive(ServerMessage message) => Enqueue(message);

    /// <summary>Tells the list of a death, and the report when the list has taken note.</summary>
    public void Receive(DeathReport report) => Enqueue(report);

    /// <summary>Asks for the servers that are registered.</summary>
    public Task<IReadOnlyList<ServerDescription>> ListAsync()
    {
        var question = new Question();
        Enqueue(question);
        return question.Task;
    }

    /// <summary>Makes the list look at leases and time limits.</summary>
    public void Tick()
    {
        if (Interlocked.Exchange(ref _tickQueued, 1) == 0)
        {
            Enqueue(TickItem);
        }
    }

    void IServersOutput.Send(ServerId process, ServerMessage message) => _directory.Send(process, message);

    void IServersOutput.Added(ServerDescription server) => DirectoryLog.ServerAdded(_logger, server.Name, server.Process);

    void IServersOutput.Removed(ServerDescription server, RemovalReason reason) => DirectoryLog.ServerRemoved(_logger, server.Name, server.Process, reason);

    void IServersOutput.Refused(Answer answer, AnswerRefusal reason)
    {
        _directory.Metrics.AnswerRefused(reason);
        DirectoryLog.AnswerRefused(_logger, answer.From, answer.Request, answer.Part, answer.To, reason);
    }

    /// <inheritdoc/>
    protected override void Run(object item)
    {
        switch (item)
        {
            case ServerMessage message:
                _list.Receive(message, _directory.Now);
                break;
            case Question question:
                question.SetResult(_list.List());
                break;
            case DeathReport report:
                try
                {
                    _list.ReportDeath(report.Process, _directory.Now);
                }
                finally
                {
                    report.Noted();
                }
                break;
            default:
                Volatile.Write(ref _tickQueued, 0);
                _list.Tick(_directory.Now);
                Count = _list.Count;
                WaitingBytes = _list.WaitingBytes;
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndTurn()
    {
    }

    /// <inheritdoc/>
    protected override void Failed(Exception exception) => DirectoryLog.ServersFailed(_logger, exception);

    private sealed class Question() : TaskCompletionSource<IReadOnlyList<ServerDescription>>(TaskCreationOptions.RunContinuationsAsynchronously);
}
