using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary><see cref="Server"/> as a grain: what a server tells of itself, and the answers that wait for it. No method waits.</summary>
[GrainType("orleansadapter.server"), OnItsServer]
internal sealed class ServerGrain : Grain, IServerGrain, IServerMessagesGrain, IServersOutput
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);

    private readonly DirectoryOptions _options;
    private readonly DirectoryMetrics _metrics;
    private readonly MailboxSubscribers _subscribers;
    private readonly KeptSubscriptions _subscriptions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<byte[]> _replies = [];
    private MailboxWriter _writer = null!;
    private Server _server = null!;
    private ServerId _process;
    private byte _version = ProtocolVersion.Oldest;
    private long? _lastTick;
    private long? _died;
    private bool _calledByServer;
    private long _waitingBytes;

    public ServerGrain(
        IOptions<DirectoryOptions> options,
        DirectoryMetrics metrics,
        MailboxSubscribers subscribers,
        KeptSubscriptions subscriptions,
        TimeProvider time,
        ILogger<ServerGrain> logger)
    {
        _options = options.Value;
        _metrics = metrics;
        _subscribers = subscribers;
        _subscriptions = subscriptions;
        _time = time;
        _logger = logger.Bounded(time);
    }

    private long Now => _time.Milliseconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!ServerId.TryParse(this.GetPrimaryKeyString(), out _process) || _process != _process.Process)
        {
            throw new InvalidOperationException($"\"{this.GetPrimaryKeyString()}\" is not the id of a server's process.");
        }
        var stream = this.GetStreamProvider(_options.StreamProvider).GetStream<MailboxBatch>(MailboxStreams.OfProcess(_process));
        _writer = new MailboxWriter(stream, _subscribers, static _ => { }, exception => DirectoryLog.WriteFailed(_logger, "answers", _process, exception));
        _metrics.Observe(this, () => (0, _waitingBytes));
        _server = new Server(_process, _options.Servers, this, Random.Shared.NextInt64(1, long.MaxValue), Now);
        this.RegisterGrainTimer(
            static (grain, _) => grain.TickAsync(), this, new GrainTimerCreationOptions(LookPeriod, LookPeriod) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _metrics.Forget(this);
        _writer.Detach();
        return Task.CompletedTask;
    }

    public Task<MailboxBatch> Send(MailboxBatch messages, IMailboxObserver? observer)
    {
        try
        {
            if (observer is not null && _died is null)
            {
                _writer.Attach(observer);
            }
            foreach (var bytes in messages.Messages)
            {
                Receive(bytes, MessageCodec.ReadServerMessage(bytes));
            }
            return Task.FromResult(_replies.Count == 0 ? MailboxBatch.Empty : new MailboxBatch([.. _replies]));
        }
        finally
        {
            // Whatever a message did: what others are to get goes out, and the next caller gets nothing of this one's.
            _ = _writer.Flush();
            _replies.Clear();
        }
    }

    public Task<ServerInformation?> DescribeAsync() => Task.FromResult(
        _died is null && _server.Description is { } description ? new ServerInformation(description.Name, description.Started, description.Sockets) : null);

    public Task ReportDeath()
    {
        _died = Now;
        _writer.Detach();
        _ = RemoveSubscriptionsAsync();
        return Task.CompletedTask;
    }

    void IServersOutput.Send(ServerId process, ServerMessage message)
    {
        var bytes = Wire.Write(message, _version);
        if (_calledByServer)
        {
            _replies.Add(bytes);
        }
        else if (bytes.Length <= _options.StreamMessageLimit)
        {
            _writer.Add(bytes);
        }
        else
        {
            // Too long for the stream: an empty batch from further on makes the server describe itself, and its result has no such limit.
            var answers = (Answers)message;
            _writer.Add(Wire.Write(new Answers(answers.Session, answers.Previous + answers.Items.Count, []), _version));
        }
    }

    void IServersOutput.Added(ServerDescription server)
    {
    }

    void IServersOutput.Removed(ServerDescription server, RemovalReason reason)
    {
    }

    void IServersOutput.Refused(Answer answer, AnswerRefusal reason)
    {
        _metrics.AnswerRefused(reason);
        DirectoryLog.AnswerRefused(_logger, answer.From, answer.Request, answer.Part, answer.To, reason);
    }

    private void Receive(byte[] bytes, ServerMessage message)
    {
        if (_died is not null)
        {
            return;
        }
        _calledByServer = message is not Answer;
        try
        {
            switch (message)
            {
                case Describe describe when describe.Description.Process.Process == _process:
                    _version = Wire.VersionOf(bytes);
                    _server.Receive(describe, Now);
                    break;
                case Answer answer when answer.To.Process == _process:
                    _server.Receive(answer, Now);
                    break;
                case AcknowledgeAnswers acknowledge when acknowledge.Process.Process == _process:
                    _server.Receive(acknowledge);
                    break;
                default:
                    throw new InvalidOperationException($"{message.GetType().Name} does not concern server {_process}.");
            }
        }
        finally
        {
            _calledByServer = false;
        }
    }

    private Task TickAsync()
    {
        var now = Now;
        var gap = now - (_lastTick ?? now);
        _lastTick = now;
        if (gap > _options.Servers.PauseThreshold + LookPeriod.TotalMilliseconds)
        {
            _server.ExtendLease(gap);
        }
        if (_died is { } died)
        {
            if (now - died > _options.Servers.DeathMemory)
            {
                DeactivateOnIdle();
            }
            return Task.CompletedTask;
        }
        _server.Tick(now);
        _waitingBytes = _server.WaitingBytes;
        _ = _writer.Flush();
        if (!_server.HasLapsed(now))
        {
            return Task.CompletedTask;
        }
        DeactivateOnIdle();
        return RemoveSubscriptionsAsync();
    }

    private async Task RemoveSubscriptionsAsync()
    {
        try
        {
            await _subscriptions.RemoveAsync(MailboxStreams.OfProcess(_process));
        }
#pragma warning disable CA1031 // It is house-keeping: the subscription goes with its client, later.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.RemovalFailed(_logger, "answers", _process, exception);
        }
    }
}
