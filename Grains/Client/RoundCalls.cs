using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>Makes the calls of <see cref="Rounds"/>.</summary>
internal sealed class RoundCalls(OrleansDirectory directory) : IRoundsOutput
{
    public void Ask(HomeContact home, Renew? renewal) => directory.LinkTo(home.Namespace)?.Ask(renewal);

    public void Ask(Round round) => _ = AskAsync(round);

    /// <summary>The next round does not wait for the answer: a call to a silo that died fails only after new homes have waited long enough.</summary>
    private async Task AskAsync(Round round)
    {
        try
        {
            var answers = await directory.HomesOf(round.Silo).Ask(Written(round.Questions)).ConfigureAwait(false);
            directory.Rounds.Answered(round);
            Take(round, answers.Homes);
        }
#pragma warning disable CA1031 // It is asked again soon.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(directory.Logger, $"the homes of {round.Silo}", exception);
            directory.Rounds.Lost(round, isRefused: exception is not (TimeoutException or LimitExceededException));
        }
    }

    /// <summary>Hands on what homes have said, and asks those by themselves that have said nothing.</summary>
    private void Take(Round round, MailboxBatch?[] answers)
    {
        for (var index = 0; index < round.Questions.Count; index++)
        {
            if (index >= answers.Length || answers[index] is not { } batch)
            {
                directory.Rounds.Unanswered(round, index);
            }
            else
            {
                directory.LinkTo(round.Questions[index].Namespace)?.Receive(batch);
            }
        }
    }

    private RoundQuestions Written(IReadOnlyList<HomeQuestion> questions)
    {
        var version = directory.Version;
        return new RoundQuestions(
            version,
            [.. questions.Select(question => question.Namespace)],
            [.. questions.Select(question => question.Life.Bits)],
            [.. questions.Select(question => question.Epoch)],
            [.. questions.Select(question => question.Renewal is { } renewal ? Wire.Write(renewal, version) : [])]);
    }
}
