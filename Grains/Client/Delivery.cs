namespace OrleansAdapter.Grains;

/// <summary>
/// Entries that a home is delivering. Their acknowledgement travels as the result of the delivery, which saves a call. A server that is busy for longer than
/// a moment acknowledges by a call, so that its mailbox is not held up.
/// </summary>
internal sealed class Delivery(Push last)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource _ended = new();
    private readonly Lock _lock = new();
    private Acknowledge? _newest;

    /// <summary>
    /// Takes a message to the home if it is an acknowledgement that the delivery may answer with; false where it has to go by a call. One delivery may bring
    /// several pushes: what is said of the first ones waits for the last one.
    /// </summary>
    public bool TryAnswer(WorkerMessage message)
    {
        lock (_lock)
        {
            if (_ended.Task.IsCompleted)
            {
                return false;
            }
            if (message is Acknowledge acknowledge && message.Life == last.Life && message.Epoch == last.Epoch)
            {
                _newest = acknowledge;
                if (acknowledge.Handled >= last.Entries[^1].Number)
                {
                    _ended.SetResult();
                }
                return true;
            }
            if (message is ReadAfter or Register)
            {
                _ended.SetResult(); // there is a gap before the entries, or another home: the server has begun to repair that
            }
            return false;
        }
    }

    /// <summary>The acknowledgement, as far as there is one when all is handled, or when it takes too long.</summary>
    public async Task<MailboxBatch> AnswerAsync(TimeProvider time, byte version)
    {
        if (!_ended.Task.IsCompleted)
        {
            await _ended.Task.WaitAsync(Moment, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        lock (_lock)
        {
            _ended.TrySetResult();
            return _newest is null ? MailboxBatch.Empty : new MailboxBatch([Wire.Write(_newest, version)]);
        }
    }
}
