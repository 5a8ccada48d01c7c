using System.Runtime.InteropServices;
using OrleansAdapter.Grains.Supervision;

namespace OrleansAdapter.Silo.Primary;

/// <summary>What tells the primary to end: a first SIGINT or SIGTERM, or the end of its own standard input where it is itself a child; a second signal forces it.</summary>
internal sealed class Signals : IDisposable
{
    private const int Forced = 128;

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _force = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public Signals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Received(context, 2));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Received(context, 15));
        if (SupervisionContract.IsSupervised)
        {
            ParentWatch.Start(_stopping.Cancel);
        }
    }

    /// <summary>It is time to end everything.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>It is time to end everything at once.</summary>
    public CancellationToken Force => _force.Token;

    /// <summary>The primary's exit code, where it ends because it was told to.</summary>
    public int ExitCode { get; private set; }

    /// <summary>No signal has a meaning any more; the sources stay, because a thread may be about to cancel them.</summary>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void Received(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (_stopping.IsCancellationRequested)
        {
            ExitCode = Forced + number;
            _force.Cancel();
        }
        _stopping.Cancel();
    }
}
