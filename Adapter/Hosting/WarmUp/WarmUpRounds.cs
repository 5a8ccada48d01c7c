namespace OrleansAdapter.Hosting;

/// <summary>What the runtime's compiler has done since the process started.</summary>
/// <param name="Methods">How many methods it has compiled; one that it compiled twice counts twice.</param>
/// <param name="Time">How long that took, over all threads.</param>
internal readonly record struct CompilerFigures(long Methods, TimeSpan Time)
{
    /// <summary>Those of this process now.</summary>
    public static CompilerFigures Now => new(System.Runtime.JitInfo.GetCompiledMethodCount(), System.Runtime.JitInfo.GetCompilationTime());
}

/// <summary>
/// Goes on with rounds until the compiler has little to do any more. It compiles a method again once that has been called 30 times, and does so twice: the
/// first time with what takes a profile, the second time with that profile. It counts calls only when no method has been called for the first time in the
/// last 100 ms: in the first seconds it works a fifth of the time, though most is still to be done, and at the end all but never.
/// </summary>
internal sealed class WarmUpRounds(IWarmUpTalk talk, Func<CompilerFigures> compiler, TimeProvider time)
{
    /// <summary>How many rounds there are at least: what is called once in each is called often enough to be compiled twice.</summary>
    public const int Least = 100;

    /// <summary>The part of <see cref="Window"/> that the compiler works, at most, where it is at rest.</summary>
    public const double AtRest = 0.03;

    /// <summary>Over which time its work is looked at.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>How long the processor is left to the compiler between two rounds.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4);

    private readonly Queue<(long At, TimeSpan Compiling)> _looks = new();

    /// <summary>Returns when the compiler is at rest.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var round = 0; !IsAtRest() || round < Least; round++)
        {
            await talk.RoundAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks at the compiler; true where it has done little for as long as it is looked back.</summary>
    private bool IsAtRest()
    {
        var now = (At: time.GetTimestamp(), Compiling: compiler().Time);
        _looks.Enqueue(now);
        var first = _looks.Peek();
        if (time.GetElapsedTime(first.At, now.At) < Window)
        {
            return false;
        }
        _looks.Dequeue();
        return now.Compiling - first.Compiling < time.GetElapsedTime(first.At, now.At) * AtRest;
    }
}
