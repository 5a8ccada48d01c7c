using OrleansAdapter.Silo.Engines;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Tells the directory which workers died, each until it has taken note.</summary>
internal sealed class DeathReports(EngineRun run, Output output) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Task> _pending = [];

    /// <summary>Reports a death. Returns at once.</summary>
    public void Report(ServerId process)
    {
        lock (_pending)
        {
            _pending.RemoveWhere(task => task.IsCompleted);
            _pending.Add(ReportAsync(process));
        }
    }

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

    private async Task ReportAsync(ServerId process)
    {
        try
        {
            await run.ReportDeathAsync(process, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // Everything ends.
        }
#pragma warning disable CA1031 // Whatever it is, people are told; the lease ends the server's stay then.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            output.Warn($"the death of server {process} could not be reported: {exception.Message}");
        }
    }
}
