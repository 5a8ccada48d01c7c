using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Tells systemd about the primary's state (a unit of <c>Type=notify</c>, or <c>notify-reload</c>), if systemd asks for it.</summary>
internal sealed class ServiceManager : IDisposable
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogProcessVariable = "WATCHDOG_PID";

    private readonly Socket? _socket;
    private readonly Timer? _watchdog;

    /// <param name="alive">Completes when the primary does its work; asked now and then where systemd has a watchdog.</param>
    public ServiceManager(Func<Task> alive)
    {
        if (Environment.GetEnvironmentVariable(SocketVariable) is not { Length: > 0 } path)
        {
            return;
        }
        try
        {
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            _socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
        }
        catch (SocketException)
        {
            // Whoever started this does not listen: it will not wait for an answer either.
            _socket?.Dispose();
            _socket = null;
            return;
        }
        if (Number(WatchdogVariable) is { } limit && (Number(WatchdogProcessVariable) ?? Environment.ProcessId) == Environment.ProcessId)
        {
            var pause = TimeSpan.FromMicroseconds(limit / 2);
            _watchdog = new Timer(_ => _ = FeedAsync(alive), null, pause, pause);
        }
    }

    /// <summary>Says that all processes are ready, or that the reload has ended.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>Says that workers are being replaced.</summary>
    public void Reloading()
    {
        var microseconds = (long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency));
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}"));
    }

    /// <summary>Says that everything is about to end.</summary>
    public void Stopping() => Send("STOPPING=1");

    public void Dispose()
    {
        _watchdog?.Dispose();
        _socket?.Dispose();
    }

    private async Task FeedAsync(Func<Task> alive)
    {
        await alive();
        Send("WATCHDOG=1");
    }

    private void Send(string state)
    {
        try
        {
            _socket?.Send(Encoding.ASCII.GetBytes(state));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It listens no more.
        }
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
