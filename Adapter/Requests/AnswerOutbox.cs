namespace OrleansAdapter.Requests;

/// <summary>
/// The answers this server gave lately. The directory may lose them together with itself, so they are sent again when it is back; the asker takes
/// each part once.
/// </summary>
internal sealed class AnswerOutbox(long keep, long limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long At, Answer Answer)> _answers = new();
    private long _bytes;

    public void Add(Answer answer, long now)
    {
        lock (_lock)
        {
            _answers.Enqueue((now, answer));
            _bytes += Weight(answer);
            Trim(now);
        }
    }

    public Answer[] Recent(long now)
    {
        lock (_lock)
        {
            Trim(now);
            return [.. _answers.Select(a => a.Answer)];
        }
    }

    private static int Weight(Answer answer) => answer.Body.Length + 128;

    private void Trim(long now)
    {
        while (_answers.TryPeek(out var oldest) && (now - oldest.At > keep || _bytes > limit))
        {
            _answers.Dequeue();
            _bytes -= Weight(oldest.Answer);
        }
    }
}
