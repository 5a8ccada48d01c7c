using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace OrleansAdapter.Grains.Supervision;

/// <summary>
/// The life of a host that a primary started: it tells when it has started, and stops when the primary says so or is gone. Signals often reach all
/// processes of a terminal or a service; the primary decides what they mean, so that workers stop before their directory.
/// </summary>
/// <param name="application">The host's.</param>
/// <param name="terminable">Whether the process may also be ended by itself, with SIGTERM.</param>
internal sealed class SupervisedLifetime(IHostApplicationLifetime application, bool terminable) : IHostLifetime, IDisposable
{
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _terminate;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        _terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            context =>
            {
                context.Cancel = true;
                if (terminable)
                {
                    application.StopApplication();
                }
            });
        application.ApplicationStarted.Register(() => Console.Out.WriteLine(SupervisionContract.ReadyLine));
        ParentWatch.Start(End);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _interrupt?.Dispose();
        _terminate?.Dispose();
    }

    /// <summary>Stops the host; and the process itself where that takes too long, whatever it hangs in.</summary>
    private void End()
    {
        ThreadPool.UnsafeQueueUserWorkItem(static application => application.StopApplication(), application, preferLocal: false);
        Thread.Sleep(SupervisionContract.EndLimit);
        Process.GetCurrentProcess().Kill();
    }
}
