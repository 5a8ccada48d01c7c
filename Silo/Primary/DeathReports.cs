
namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// Reports deaths in the background, again and again until the directory has taken note: a worker's to the directory, the directory's to the silos that are
/// left.
/// </summary>
internal sealed class DeathReports(DirectoryRun run, Output output) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Task> _pending = [];

    /// <summary>Reports a worker's death. Returns at once.</summary>
    public void Report(ServerId process) => Add(ReportAsync($"server {process}", () => run.ReportDeathAsync(process, _stopping.Token)));

    /// <summary>Reports the death of the directory's process. Returns at once.</summary>
    public void ReportDirectory(ServerId process) => Add(ReportAsync("the directory", () => run.DirectoryDiedAsync(process, _stopping.Token)));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] pending;
        lock (_pending)
        {
            pending = [.. _pending];
        }
        await Task.WhenAll(pending);
        _stopping.Dispose();
    }

    private void Add(Task report)
    {
        lock (_pending)
        {
            _pending.RemoveWhere(task => task.IsCompleted);
            _pending.Add(report);
        }
    }

    private async Task ReportAsync(string who, Func<Task> report)
    {
        try
        {
            await report();
        }
        catch (OperationCanceledException)
        {
            // Everything ends.
        }
#pragma warning disable CA1031 // Whatever it is, people are told; the lease ends the server's stay then.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            output.Warn($"the death of {who} could not be reported: {exception.Message}");
        }
    }
}
