namespace OrleansAdapter.Grains;

/// <summary>
/// Entries that a home is delivering. Their acknowledgement travels as the result of the delivery, which saves a call. A server that is busy for longer than
/// a moment acknowledges by a call, so that its mailbox is not held up.
/// </summary>
internal sealed class Delivery(Push push)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource<MailboxBatch> _answer = new();

    /// <summary>Takes a message to the home if it is the awaited acknowledgement; false where it has to go by a call.</summary>
    public bool TryAnswer(WorkerMessage message, byte version)
    {
        if (message is Acknowledge acknowledge)
        {
            return message.Life == push.Life && acknowledge.Handled >= push.Entries[^1].Number
                && !_answer.Task.IsCompleted && _answer.TrySetResult(new MailboxBatch([Wire.Write(message, version)]));
        }
        if (message is ReadAfter or Register)
        {
            _answer.TrySetResult(MailboxBatch.Empty); // there is a gap before the entries, or another home: the server has begun to repair that
        }
        return false;
    }

    /// <summary>The acknowledgement, or nothing where it takes too long.</summary>
    public async Task<MailboxBatch> AnswerAsync(TimeProvider time)
    {
        if (!_answer.Task.IsCompleted)
        {
            await ((Task)_answer.Task).WaitAsync(Moment, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _answer.TrySetResult(MailboxBatch.Empty);
        }
        return await _answer.Task.ConfigureAwait(false);
    }
}
