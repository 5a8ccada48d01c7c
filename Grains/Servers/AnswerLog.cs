namespace OrleansAdapter.Grains;

/// <summary>
/// The answers that wait for one server, numbered from 1 within a session that nobody else has. They go out in order, one batch in flight,
/// and stay until they are acknowledged, cumulatively. What is refused or has expired leaves an error under its number, never a gap.
/// </summary>
internal sealed class AnswerLog(ServersOptions options, long session)
{
    private readonly List<(Answer Answer, long Since)> _waiting = [];

    private long _sent;

    /// <summary>The number up to which answers have expired, and are errors.</summary>
    private long _expired;

    /// <summary>The session: answers are numbered anew in each.</summary>
    public long Session { get; } = session;

    /// <summary>The number up to which all are acknowledged; the first one waiting is the next.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>What waits, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many answers wait.</summary>
    public int Count => _waiting.Count;

    private long Last => Acknowledged + _waiting.Count;

    /// <summary>Adds a part; null if it fits, else what became of it.</summary>
    public AnswerRefusal? Add(Answer answer, long now)
    {
        AnswerRefusal? refusal = null;
        if (Bytes + Size(answer) > options.AnswersLimit)
        {
            refusal = AnswerRefusal.Overflow;
            answer = Error(answer, $"The answer was refused: more than {options.AnswersLimit} bytes of answers wait for the server that asked.");
            if (Bytes + Size(answer) > options.AnswersLimit + (options.AnswersLimit / 16))
            {
                return AnswerRefusal.Dropped;
            }
        }
        _waiting.Add((answer, now));
        Bytes += Size(answer);
        return refusal;
    }

    /// <summary>The server has handled all up to a number.</summary>
    public void Acknowledge(long handled)
    {
        var count = (int)(Math.Min(handled, Last) - Acknowledged);
        if (count <= 0)
        {
            return;
        }
        for (var i = 0; i < count; i++)
        {
            Bytes -= Size(_waiting[i].Answer);
        }
        _waiting.RemoveRange(0, count);
        Acknowledged += count;
    }

    /// <summary>What was sent and is not acknowledged was lost: <see cref="NextBatch"/> begins with it again.</summary>
    public void Rewind() => _sent = Acknowledged;

    /// <summary>The next batch, if none is in flight and there is something to send; else null.</summary>
    public Answers? NextBatch()
    {
        if (_sent > Acknowledged || _waiting.Count == 0)
        {
            return null;
        }
        var count = 0;
        for (long bytes = 0; count < _waiting.Count; count++)
        {
            bytes += Size(_waiting[count].Answer);
            if (count > 0 && bytes > options.BatchBytes)
            {
                break;
            }
        }
        var batch = new Answer[count];
        for (var i = 0; i < count; i++)
        {
            batch[i] = _waiting[i].Answer;
        }
        _sent = Acknowledged + count;
        return new Answers(Session, Acknowledged, batch);
    }

    /// <summary>Puts an error in the place of each answer that has waited too long, and tells of it.</summary>
    public void Expire(long now, Action<Answer> expired)
    {
        for (var i = (int)Math.Max(0, _expired - Acknowledged); i < _waiting.Count && now - _waiting[i].Since > options.AnswerLife; i++)
        {
            var (answer, since) = _waiting[i];
            var error = Error(answer, $"The answer expired: it waited more than {options.AnswerLife} ms for the server that asked.");
            Bytes += Size(error) - Size(answer);
            _waiting[i] = (error, since);
            _expired = Acknowledged + i + 1;
            expired(answer);
        }
    }

    private static Answer Error(Answer answer, string error) => answer with { Error = error, Last = true, Body = default };

    private static long Size(Answer answer) => MessageSize.Of(answer);
}
