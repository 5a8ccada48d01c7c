using System.Buffers.Text;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Front;

/// <summary>The front that hands each connection over to a worker as a file descriptor. From then on no byte of it passes this process.</summary>
[SupportedOSPlatform("linux")]
internal sealed class HandOverFront : FrontDoor
{
    private const int SecretBytes = 32;
    private const int TcpDeferAccept = 9;

    private readonly EventLoop _loop;
    private readonly WorkerLinks _links;
    private readonly Arrivals _arrivals;
    private readonly string _path;
    private readonly string _secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <param name="workers">The workers.</param>
    /// <param name="ports">Where to listen, now this one's, each with the slot that it is pinned to.</param>
    /// <param name="directory">The run's private directory.</param>
    /// <param name="limits">What is bounded.</param>
    /// <param name="time">The clock.</param>
    public HandOverFront(WorkerTable workers, IEnumerable<(Socket Socket, int Slot)> ports, string directory, FrontLimits limits, TimeProvider time)
        : base(workers)
    {
        _path = Path.Combine(directory, "front");
        _loop = new EventLoop("Front", Tick);
        _links = new WorkerLinks(_loop, workers, _path, _secret, limits.HungAfter, time);
        _arrivals = new Arrivals(_loop, workers, _links, limits, time);
        foreach (var (socket, slot) in ports)
        {
            // Most have their first bytes with them then, and nobody has to wait for these.
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpDeferAccept, BitConverter.GetBytes(limits.SilentSeconds));
            socket.Blocking = false;
            _arrivals.Listen(socket, slot);
        }
        _loop.Start();
    }

    public override string Name => "hand-over";

    public override int Arriving => _arrivals.Count;

    public override IEnumerable<KeyValuePair<string, string>> EnvironmentOf(FrontWorker worker) =>
    [
        new(FrontContract.EnvironmentPrefix + "SocketPath", _path),
        new(FrontContract.EnvironmentPrefix + "Secret", _secret),
    ];

    public override void StopListening() => _loop.Post(_arrivals.StopListening);

    public override Task AliveAsync()
    {
        var alive = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(alive.SetResult);
        return alive.Task;
    }

    public override ValueTask DisposeAsync()
    {
        _loop.Dispose();
        _arrivals.Dispose();
        _links.Dispose();
        return ValueTask.CompletedTask;
    }

    private int Tick()
    {
        var next = WorkerLinks.Sooner(_links.Tick(), _arrivals.Tick());
        return next == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Clamp(Math.Ceiling(next.TotalMilliseconds), 1, 60_000);
    }
}
