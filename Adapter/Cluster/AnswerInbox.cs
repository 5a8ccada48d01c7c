namespace OrleansAdapter.Cluster;

/// <summary>
/// The answers that the directory holds for this server, each taken once: numbers within a session tell what is new, what came before and what is
/// missing.
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

    /// <summary>Gives the new ones to <paramref name="take"/>; false if some before them are missing.</summary>
    /// <param name="answers">What came.</param>
    /// <param name="take">Takes each new one.</param>
    /// <param name="lost">Whether the directory has begun another numbering, so that what it held before may be lost.</param>
    public bool Receive(Answers answers, Action<Answer> take, out bool lost)
    {
        lock (_lock)
        {
            lost = _session != 0 && answers.Session != _session;
            if (answers.Session != _session)
            {
                (_session, _handled) = (answers.Session, answers.Previous); // what came before was acknowledged, by an earlier process or before a late batch
            }
            if (answers.Previous > _handled)
            {
                return false;
            }
            for (var i = 0; i < answers.Items.Count; i++)
            {
                if (answers.Previous + 1 + i > _handled)
                {
                    _handled++;
                    take(answers.Items[i]);
                }
            }
            return true;
        }
    }
}
