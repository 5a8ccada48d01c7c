namespace OrleansAdapter.Grains;

/// <content>What servers ask it together with the other homes of its silo (PROTOCOL.md, "Rounds").</content>
internal sealed partial class HomeGrain
{
    private TaskScheduler _turns = null!;

    /// <summary>Has a question answered in a turn of this home, whatever calls wait for it. Returns at once; comes from other grains' threads.</summary>
    public void Ask(RoundTurns round, int index) =>
        _ = Task.Factory.StartNew(() => Answer(round, index), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _turns);

    private void Answer(RoundTurns round, int index)
    {
        if (round.IsOver)
        {
            return; // it is asked by itself by now
        }
        MailboxBatch? answer = null;
        try
        {
            if (IsSure)
            {
                Take(round.Questions, index);
                answer = Replies(tellsSilo: false);
            }
        }
#pragma warning disable CA1031 // Asked by itself, it tells the caller.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(_logger, Namespace, exception);
        }
        finally
        {
            EndTurn();
            round.Answer(index, answer);
        }
    }

    private void Take(RoundQuestions questions, int index)
    {
        if (questions.Renewals[index] is { Length: > 0 } renewal)
        {
            Receive(renewal, observer: null);
            return;
        }
        var life = ServerId.FromBits(questions.Lives[index]);
        _versions[life.Process] = questions.Version;
        _caller = life;
        _home.Check(life, questions.Epochs[index]);
    }
}
