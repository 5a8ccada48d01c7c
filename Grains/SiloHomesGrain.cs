using Orleans;
using Orleans.Concurrency;

namespace OrleansAdapter.Grains;

/// <inheritdoc cref="ISiloHomesGrain"/>
[GrainType("orleansadapter.silohomes"), OnSiloOfKey, Reentrant]
internal sealed class SiloHomesGrain(LocalHomes homes, TimeProvider time) : Grain, ISiloHomesGrain
{
    /// <summary>How long it waits for homes that are busy: the others' answers wait with it.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    public async Task<RoundAnswers> Ask(RoundQuestions questions)
    {
        if (this.GetPrimaryKeyString() != homes.Silo)
        {
            DeactivateOnIdle(); // that silo was not there, or not known, when this was made: who asks next may find it
        }
        var round = new RoundTurns(questions);
        for (var index = 0; index < questions.Namespaces.Length; index++)
        {
            if (homes.Find(questions.Namespaces[index]) is { } home)
            {
                home.Ask(round, index);
            }
            else
            {
                round.Answer(index, null);
            }
        }
        return await round.AnswersAsync(Moment, time);
    }
}
