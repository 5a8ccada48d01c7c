using System.Runtime.InteropServices;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// The signals that control the primary. SIGTERM ends it with time for clients to move, SIGINT without; where the primary is itself a child, its standard
/// input says the same, and its end means SIGINT. A second signal kills at once. SIGHUP replaces the workers.
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

    /// <summary>When everything is to end, and how fast.</summary>
    public Stop Stop { get; }

    /// <summary>The primary's exit code when a signal ended it.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Stops listening to signals. The token sources stay, because a thread may be about to cancel them.</summary>
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
