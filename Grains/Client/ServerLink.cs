
namespace OrleansAdapter.Grains;

/// <summary>
/// Connects this server with the list of servers, with the grain that keeps the answers to its requests, and with those of other servers, to which it sends
/// answers.
/// </summary>
internal sealed class ServerLink : IAsyncDisposable
{
    private readonly OrleansDirectory _directory;
    private readonly ServerId _process;
    private readonly MailboxSubscription _subscription;
    private readonly CallLane<ServerMessage> _describe;
    private readonly CallLane<ServerMessage> _subscribe;
    private readonly CallLane<ServerMessage> _list;
    private readonly CallLane<ServerMessage> _acknowledge;
    private readonly Lock _lock = new();
    private readonly Dictionary<ServerId, AnswerQueue> _answers = [];
    private volatile bool _isSubscribed;

    public ServerLink(OrleansDirectory directory, ServerId process)
    {
        _directory = directory;
        _process = process;
        _subscription = new MailboxSubscription(directory.Streams, directory.ClientEnd, Receive);
        _describe = Lane(DescribeAsync);
        _subscribe = new CallLane<ServerMessage>(
            SubscribeAsync, Receive, exception => DirectoryLog.SubscribeFailed(directory.Logger, "answers", process, exception));
        _acknowledge = Lane(SendAsync);
        _list = Lane(ListAsync);
    }

    public void Send(ServerMessage message)
    {
        switch (message)
        {
            case Describe:
                _describe.Send(message);
                _list.Send(message);
                break;
            case AcknowledgeAnswers:
                _acknowledge.Send(message);
                break;
            case Answer answer:
                Send(answer);
                break;
        }
    }

    /// <summary>Ends the subscription, if the cluster can be reached.</summary>
    public ValueTask DisposeAsync() => _subscription.DisposeAsync();

    /// <summary>
    /// Sends an answer. Unlike other messages, answers are not replaced by later ones: they wait for the call in flight and go together with the next.
    /// </summary>
    private void Send(Answer answer)
    {
        var to = answer.To.Process;
        lock (_lock)
        {
            if (_answers.TryGetValue(to, out var queue))
            {
                queue.TryAdd(answer);
                return;
            }
            _answers[to] = queue = new AnswerQueue();
            queue.TryAdd(answer);
        }
        _ = DrainAsync(to);
    }

    private async Task DrainAsync(ServerId to)
    {
        var grain = _directory.ServerMessages(to);
        while (true)
        {
            MailboxBatch batch;
            lock (_lock)
            {
                if (_answers[to].Take(_directory.Version) is not { } next)
                {
                    _answers.Remove(to);
                    return;
                }
                batch = next;
            }
            try
            {
                await grain.Send(batch, observer: null).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // A lost call: the answers go out again when the directory is reached, or the request ends by its time limit.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _directory.CallFailed("answers", exception);
            }
        }
    }

    /// <summary>
    /// Describes this server. The first time it subscribes to the stream of its answers before; later it looks after the subscription meanwhile, which
    /// takes long where a silo has died, and gets lost answers as the call's result.
    /// </summary>
    private async Task<MailboxBatch> DescribeAsync(ServerMessage message)
    {
        if (_isSubscribed)
        {
            _subscribe.Send(message);
        }
        else
        {
            await SubscribeAsync(message).ConfigureAwait(false);
            _isSubscribed = true;
        }
        return await SendAsync(message).ConfigureAwait(false);
    }

    private async Task<MailboxBatch> SubscribeAsync(ServerMessage message)
    {
        await _subscription.EnsureAsync(MailboxStreams.OfProcess(_process)).ConfigureAwait(false);
        return MailboxBatch.Empty;
    }

    private Task<MailboxBatch> SendAsync(ServerMessage message) =>
        _directory.ServerMessages(_process).Send(
            new MailboxBatch([Wire.Write(message, _directory.Version)]), message is Describe ? _subscription.Observer : null);

    private async Task<MailboxBatch> ListAsync(ServerMessage message)
    {
        await _directory.Servers.Describe(new MailboxBatch([Wire.Write(message, _directory.Version)])).ConfigureAwait(false);
        return MailboxBatch.Empty;
    }

    private CallLane<ServerMessage> Lane(Func<ServerMessage, Task<MailboxBatch>> call) =>
        new(call, Receive, exception => _directory.CallFailed("servers", exception));

    private void Receive(MailboxBatch batch)
    {
        foreach (var bytes in batch.Messages)
        {
            try
            {
                _directory.Receiver.Receive(MessageCodec.ReadServerMessage(bytes));
            }
            catch (ProtocolException exception)
            {
                DirectoryLog.Unreadable(_directory.Logger, exception);
            }
        }
    }

    /// <summary>The answers that wait to be sent to one server, bounded in bytes; those beyond the bound are lost.</summary>
    private sealed class AnswerQueue
    {
        private const long Limit = 64 << 20;
        private const long BatchLimit = 4 << 20;

        private readonly Queue<Answer> _waiting = new();
        private long _bytes;

        public void TryAdd(Answer answer)
        {
            var size = MessageSize.Of(answer);
            if (_waiting.Count == 0 || _bytes + size <= Limit)
            {
                _waiting.Enqueue(answer);
                _bytes += size;
            }
        }

        public MailboxBatch? Take(byte version)
        {
            List<byte[]> batch = [];
            for (long bytes = 0; _waiting.TryPeek(out var answer) && (batch.Count == 0 || bytes < BatchLimit);)
            {
                _waiting.Dequeue();
                var size = MessageSize.Of(answer);
                _bytes -= size;
                bytes += size;
                batch.Add(Wire.Write(answer, version));
            }
            return batch.Count == 0 ? null : new MailboxBatch([.. batch]);
        }
    }
}
