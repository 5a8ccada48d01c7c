namespace OrleansAdapter.Requests;

/// <summary>
/// The answers that the directory holds for this server, each taken once: numbers within a session tell what is new and what came before. Nothing can be
/// missing between: a batch begins behind what this server has acknowledged, so what it does not remember it took under a session that came back late.
/// </summary>
internal sealed class AnswerInbox
{
    private readonly Lock _lock = new();
    private long _session;
    private long _handled;

    /// <summary>What has been handled, for <see cref="Describe"/>.</summary>
    public (long Session, long Handled) Position
    {
        get
        {
            lock (_lock)
            {
                return (_session, _handled);
            }
        }
    }

    /// <summary>Gives the new ones to <paramref name="take"/>.</summary>
    /// <returns>Whether the directory has begun another numbering, so that what it held before may be lost.</returns>
    public bool Receive(Answers answers, Action<Answer> take)
    {
        lock (_lock)
        {
            var isAnother = answers.Session != _session;
            var mayBeLost = isAnother && _session != 0;
            _handled = isAnother ? answers.Previous : Math.Max(_handled, answers.Previous);
            _session = answers.Session;
            for (var i = 0; i < answers.Items.Count; i++)
            {
                if (answers.Previous + 1 + i > _handled)
                {
                    _handled++;
                    take(answers.Items[i]);
                }
            }
            return mayBeLost;
        }
    }
}
