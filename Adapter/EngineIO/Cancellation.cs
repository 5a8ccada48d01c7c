using Microsoft.Extensions.Logging;

namespace OrleansAdapter.EngineIO;

/// <summary>Cancels what the application may have registered callbacks with.</summary>
internal static class Cancellation
{
    /// <summary>
    /// Cancels on another thread, as callbacks are the application's and may take long. What they throw is told to the log: unhandled it would end the process.
    /// </summary>
    public static void CancelLater(this CancellationTokenSource source, ILogger logger, Action<ILogger, Exception> failed) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                try
                {
                    state.source.Cancel();
                }
#pragma warning disable CA1031 // A callback that throws ends nothing.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    state.failed(state.logger, exception);
                }
            },
            (source, logger, failed),
            preferLocal: false);
}
