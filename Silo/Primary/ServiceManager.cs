using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Tells systemd about the primary's state (a unit of <c>Type=notify</c>, or <c>notify-reload</c>), if systemd asks for it.</summary>
internal sealed class ServiceManager : IDisposable
{
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogProcessVariable = "WATCHDOG_PID";

    private static readonly ServiceState Lives = new("WATCHDOG=1");

    private readonly SystemdNotifier _systemd = new();
    private readonly Timer? _watchdog;

    /// <param name="alive">Completes when the primary does its work; asked now and then where systemd has a watchdog.</param>
    public ServiceManager(Func<Task> alive)
    {
        if (_systemd.IsEnabled && Number(WatchdogVariable) is { } limit && (Number(WatchdogProcessVariable) ?? Environment.ProcessId) == Environment.ProcessId)
        {
            var pause = TimeSpan.FromMicroseconds(limit / 2);
            _watchdog = new Timer(_ => _ = FeedAsync(alive), null, pause, pause);
        }
    }

    /// <summary>Says that all processes are ready, or that the reload has ended.</summary>
    public void Ready() => Tell(ServiceState.Ready);

    /// <summary>Says that workers are being replaced.</summary>
    public void Reloading()
    {
        var microseconds = (long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency));
        Tell(new ServiceState(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}")));
    }

    /// <summary>Says that everything is about to end.</summary>
    public void Stopping() => Tell(ServiceState.Stopping);

    public void Dispose() => _watchdog?.Dispose();

    private async Task FeedAsync(Func<Task> alive)
    {
        await alive();
        Tell(Lives);
    }

    private void Tell(ServiceState state)
    {
        try
        {
            _systemd.Notify(state);
        }
        catch (SocketException)
        {
            // Whoever started this does not listen: it will not wait for an answer either.
        }
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : null;
}
