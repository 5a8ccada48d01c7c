namespace OrleansAdapter.Grains;

/// <summary>A round, while the homes that it asks have their turns. Each home answers at most once; safe under threads.</summary>
internal sealed class RoundTurns(RoundQuestions questions)
{
    private readonly MailboxBatch?[] _answers = new MailboxBatch?[questions.Namespaces.Length];
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = questions.Namespaces.Length;
    private volatile bool _isOver;

    public RoundQuestions Questions => questions;

    /// <summary>Whether the answers are on their way: what a home has to say now, nobody would hear.</summary>
    public bool IsOver => _isOver;

    /// <summary>A home has had its turn, and has this for the server; null where it says nothing, not even that it has nothing.</summary>
    public void Answer(int index, MailboxBatch? answer)
    {
        Volatile.Write(ref _answers[index], answer);
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _all.TrySetResult();
        }
    }

    /// <summary>The answers that there are when all homes have had their turns, or after this time.</summary>
    public async Task<RoundAnswers> AnswersAsync(TimeSpan atMost, TimeProvider time)
    {
        if (Volatile.Read(ref _left) > 0)
        {
            await _all.Task.WaitAsync(atMost, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _isOver = true;
        return new RoundAnswers([.. _answers]);
    }
}
