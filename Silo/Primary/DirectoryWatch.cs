namespace OrleansAdapter.Silo.Primary;

/// <summary>Asks the directory's process every second whether it answers, as the front asks workers.</summary>
/// <param name="ask">Ends when it has answered; throws where it does not. Several may be under way.</param>
/// <param name="hungAfter">How long it may give no answer; zero for ever.</param>
/// <param name="time">The clock.</param>
/// <param name="tell">Says something to people.</param>
internal sealed class DirectoryWatch(Func<CancellationToken, Task> ask, TimeSpan hungAfter, TimeProvider time, Action<string> tell)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>After which time without an answer people are told; not before the first one, for which this process has to connect.</summary>
    private static readonly TimeSpan Notable = TimeSpan.FromSeconds(3);

    /// <summary>Returns, with the reason, when the process is found to hang.</summary>
    /// <exception cref="OperationCanceledException">It is watched no more.</exception>
    public async Task<string> HangsAsync(CancellationToken ended)
    {
        if (hungAfter == TimeSpan.Zero)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ended);
        }
        var silence = new Silence(Period);
        var answers = new Answers();
        var (heard, told) = (false, false);
        while (silence.Length < hungAfter)
        {
            var began = time.GetTimestamp();
            _ = AskAsync(answers, ended);
            await Task.Delay(Period, time, ended);
            silence.Add(time.GetElapsedTime(began), answers.Take());
            heard |= silence.Length == TimeSpan.Zero;
            if (told && silence.Length == TimeSpan.Zero)
            {
                tell("directory  answers again");
                told = false;
            }
            else if (heard && !told && silence.Length >= Notable && silence.Length < hungAfter)
            {
                tell($"directory  does not answer; it is replaced when it has not for {hungAfter.TotalSeconds:0} s");
                told = true;
            }
        }
        return $"it hangs: no answer for {silence.Length.TotalSeconds:0} s";
    }

    private async Task AskAsync(Answers answers, CancellationToken ended)
    {
        try
        {
            await ask(ended);
            answers.Add();
        }
#pragma warning disable CA1031 // Whatever it is, it is no answer.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The next one may be.
        }
    }

    /// <summary>Whether an answer has come, be it to an earlier question.</summary>
    private sealed class Answers
    {
        private int _any;

        public void Add() => Volatile.Write(ref _any, 1);

        public bool Take() => Interlocked.Exchange(ref _any, 0) != 0;
    }
}

/// <summary>How long somebody who is asked again and again has not answered, of the time in which this process ran itself.</summary>
/// <param name="period">How often it is asked.</param>
internal sealed class Silence(TimeSpan period)
{
    /// <summary>How long.</summary>
    public TimeSpan Length { get; private set; }

    /// <summary>Notes one round of asking.</summary>
    /// <param name="took">How long it took. What is far more than usual is a time in which this process did not run, and nobody could have been heard.</param>
    /// <param name="answered">Whether an answer came in it.</param>
    public void Add(TimeSpan took, bool answered)
    {
        var counted = took < 2 * period ? took : period;
        Length = answered ? TimeSpan.Zero : Length + counted;
    }
}
