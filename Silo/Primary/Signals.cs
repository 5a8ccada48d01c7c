using System.Runtime.InteropServices;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// What tells the primary to end: SIGTERM, with time for clients to move; SIGINT, without; where it is itself a child, the same by what its standard input says, and by the
/// end of that; a second signal forces it. And SIGHUP, which tells it to put others in the place of its workers.
/// </summary>
internal sealed class Signals : IDisposable
{
    private const int Forced = 128;

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly CancellationTokenSource _force = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="reload">What SIGHUP does; returns at once.</param>
    public Signals(Action reload)
    {
        Stop = new Stop(_stopping.Token, _hurry.Token, _force.Token);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Received(context, 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Received(context, 15)),
            PosixSignalRegistration.Create(
                PosixSignal.SIGHUP,
                context =>
                {
                    context.Cancel = true;
                    reload();
                }),
        ];
        if (SupervisionContract.IsSupervised)
        {
            ParentWatch.Start(() => End(atOnce: true), Said);
        }
    }

    /// <summary>It is time to end everything.</summary>
    public Stop Stop { get; }

    /// <summary>The primary's exit code, where it ends because it was told to.</summary>
    public int ExitCode { get; private set; }

    /// <summary>No signal has a meaning any more; the sources stay, because a thread may be about to cancel them.</summary>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Said(string line)
    {
        if (line == SupervisionContract.DrainLine)
        {
            End(atOnce: false);
        }
    }

    private void Received(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (_stopping.IsCancellationRequested)
        {
            ExitCode = Forced + number;
            _force.Cancel();
        }
        End(atOnce: number == 2);
    }

    private void End(bool atOnce)
    {
        if (atOnce)
        {
            _hurry.Cancel();
        }
        _stopping.Cancel();
    }
}
