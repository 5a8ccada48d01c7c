using System.Diagnostics;

namespace OrleansAdapter.Silo.Primary;

/// <summary>A running process of a plan.</summary>
internal sealed class Incarnation(ChildProcess process, Launch launch, long since) : IDisposable
{
    /// <summary>How long a process that says it is ready may take until others can use it.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);

    private string? _trouble;

    public Launch Launch { get; } = launch;

    /// <summary>The process id.</summary>
    public int Id { get; } = process.Id;

    /// <summary>Completes when it has ended.</summary>
    public Task Ended => process.Ended;

    /// <summary>How long it has run.</summary>
    public TimeSpan Lived => Stopwatch.GetElapsedTime(since);

    /// <summary>What went wrong with it, for the log; null if nothing did.</summary>
    public string? Trouble => _trouble ?? (process.Ended.IsCompleted ? process.Ending : null);

    /// <summary>How it ended, for the log, if it did not end by itself or not as it should; null otherwise. Only once it has ended.</summary>
    public string? BadEnd => process.EndedWell ? null : process.Ending;

    /// <summary>Whether it has said that it is ready.</summary>
    public bool IsReady => process.Ready.IsCompleted;

    /// <summary>Asks it something; null where it does not answer in time. See <see cref="ChildProcess.AskAsync"/>.</summary>
    public Task<string?> AskAsync(string question, TimeSpan limit) => process.AskAsync(question, limit);

    /// <summary>Waits until it is ready. False if it will not be, or if it is time to stop.</summary>
    public async Task<bool> BecomesReadyAsync(CancellationToken stopping)
    {
        if (await Stop.AnyAsync(stopping, process.Ready, Ended) != process.Ready)
        {
            return false;
        }
        Launch.SaidReady();
        var late = Task.Delay(ConnectLimit, CancellationToken.None);
        if (await Stop.AnyAsync(stopping, Launch.Connected, Ended, late) is var first && first == late)
        {
            _trouble = "says that it is ready, and takes no connections: its program has to call UsePrimary()";
        }
        return first == Launch.Connected;
    }

    /// <summary>Tells it to leave, then to end, and kills it when the time for that is over. Returns when it has ended.</summary>
    /// <param name="drain">How long it may take to leave.</param>
    /// <param name="stop">Cuts that short.</param>
    public Task EndAsync(TimeSpan drain, Stop stop) => process.EndAsync(drain, stop.Hurry, stop.Force);

    /// <summary>Kills it because it is of no use any more.</summary>
    public async Task EndNowAsync()
    {
        if (Launch.Lost.IsCompletedSuccessfully)
        {
            // Its link to this process ends a moment before it does, where it dies.
            await Task.WhenAny(Ended, Task.Delay(TimeSpan.FromSeconds(1)));
            if (!Ended.IsCompleted)
            {
                _trouble ??= await Launch.Lost;
            }
        }
        await process.KillAsync();
    }

    public void Dispose() => process.Dispose();
}
