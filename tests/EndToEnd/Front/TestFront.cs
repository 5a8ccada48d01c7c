using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Front;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.EndToEnd.Front;

/// <summary>A front in this process, before workers that only take connections.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TestFront : IAsyncDisposable
{
    private readonly PrivateDirectory _directory = new();
    private readonly List<Socket> _sockets = [];
    private readonly HandOverFront _front;

    /// <param name="limits">What is bounded.</param>
    /// <param name="policy">How a worker is chosen.</param>
    /// <param name="slots">How many slots have a port.</param>
    public TestFront(FrontLimits? limits = null, BalancePolicy policy = BalancePolicy.LeastConnection, int slots = 2)
    {
        for (var slot = 0; slot <= slots; slot++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen();
            _sockets.Add(socket);
        }
        Ports = [.. _sockets.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        _front = new HandOverFront(
            new WorkerTable(policy, new Random(1)),
            _sockets.Select((socket, slot) => (socket, slot)),
            _directory.Path,
            limits ?? new FrontLimits(),
            TimeProvider.System);
    }

    /// <summary>The front's port, and those of the slots.</summary>
    public int[] Ports { get; }

    public HandOverFront Front => _front;

    /// <summary>How many connections have no worker yet.</summary>
    public int Arriving => _front.Arriving;

    /// <summary>A worker that takes connections.</summary>
    public async Task<TestWorker> AddAsync(int slot = 1, bool secure = false, int capacity = 10_000)
    {
        var worker = _front.Workers.Expect(slot, ServerId.NewProcess());
        var test = new TestWorker(worker, FrontLink.Connect(Options(worker, secure), capacity, NullLogger.Instance));
        await worker.Connected.WaitAsync(TestContext.Current.CancellationToken);
        return test;
    }

    /// <summary>A worker that says who it is, and never reads.</summary>
    public async Task<(FrontWorker Worker, Socket Link)> AddDeafAsync(int slot = 1)
    {
        var worker = _front.Workers.Expect(slot, ServerId.NewProcess());
        var options = Options(worker, secure: false);
        var link = Open(options.SocketPath);
        Say(link, new FrontHello(worker.Server, options.Secret, Secure: false, Capacity: 10_000));
        await worker.Connected.WaitAsync(TestContext.Current.CancellationToken);
        return (worker, link);
    }

    public FrontOptions Options(FrontWorker worker, bool secure)
    {
        var environment = _front.EnvironmentOf(worker).ToDictionary(StringComparer.Ordinal);
        return new FrontOptions(environment["OrleansAdapter__Front__SocketPath"], environment["OrleansAdapter__Front__Secret"], worker.Server, secure);
    }

    public static Socket Open(string path)
    {
        var link = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        link.Connect(new UnixDomainSocketEndPoint(path));
        return link;
    }

    public static void Say(Socket link, FrontHello hello)
    {
        var message = new byte[FrontContract.MaxMessage];
        link.Send(message.AsSpan(0, hello.Write(message)));
    }

    /// <summary>Waits until so many connections have no worker.</summary>
    public Task UntilArrivingAsync(int count) => OperatingSystemProcesses.UntilAsync(() => Arriving == count, $"{count} arriving connections");

    /// <summary>Waits until a worker is counted so many connections.</summary>
    public Task UntilConnectionsAsync(FrontWorker worker, long count) =>
        OperatingSystemProcesses.UntilAsync(() => _front.Workers.Look(worker).Connections == count, $"{count} connections of {worker.Server}");

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>A worker that takes connections and does nothing with them.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TestWorker(FrontWorker worker, FrontLink link) : IDisposable
{
    public FrontWorker Worker { get; } = worker;

    public FrontLink Link { get; } = link;

    /// <summary>The next connection.</summary>
    public async Task<Socket> NextAsync(bool secure = false) => await Link.Connections(secure).ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Whether none has come that was not taken.</summary>
    public bool IsEmpty => !Reader.TryPeek(out _);

    public void Dispose() => Link.Dispose();

    private ChannelReader<Socket> Reader => Link.Connections(secure: false);
}
