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
    private bool _isOver;

    /// <summary>
    /// Takes a message to the home if it is an acknowledgement that the delivery may answer with; false where it has to go by a call. One delivery may bring
    /// several pushes: what is said of the first ones waits for the last one.
    /// </summary>
    public bool TryAnswer(WorkerMessage message)
    {
        var isTaken = false;
        lock (_lock)
        {
            if (_isOver)
            {
                return false;
            }
            if (message is Acknowledge acknowledge && message.Life == last.Life && message.Epoch == last.Epoch)
            {
                (_newest, isTaken) = (acknowledge, true);
                _isOver = acknowledge.Handled >= last.Entries[^1].Number;
            }
            else
            {
                _isOver = message is ReadAfter or Register; // there is a gap before the entries, or another home: the server has begun to repair that
            }
            if (!_isOver)
            {
                return isTaken;
            }
        }
        _ended.SetResult(); // what waits for it goes on at once, and not under the lock
        return isTaken;
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
            _isOver = true;
            return _newest is null ? MailboxBatch.Empty : new MailboxBatch([Wire.Write(_newest, version)]);
        }
    }
}
