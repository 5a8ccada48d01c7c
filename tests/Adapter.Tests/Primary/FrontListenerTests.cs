using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Tests.Primary;

/// <summary>How a worker takes the connections that its primary hands over; the test is the primary.</summary>
[SupportedOSPlatform("linux")]
public sealed class FrontListenerTests : IAsyncLifetime
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly Socket _primary = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
    private readonly List<SocketPair> _clients = [];
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private FrontListenerFactory _factory = null!;
    private IConnectionListener _listener = null!;
    private Socket _link = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _primary.Bind(new UnixDomainSocketEndPoint(_path));
        _primary.Listen();
        _factory = new FrontListenerFactory(
            new FrontOptions(_path, "secret", ServerId.NewProcess(), Secure: false),
            Options.Create(new KestrelServerOptions()),
            Options.Create(new SocketTransportOptions()),
            _services,
            NullLoggerFactory.Instance);
        _listener = await _factory.BindAsync(new FrontEndPoint(secure: false), Cancellation);
        _link = await _primary.AcceptAsync(Cancellation).AsTask().InTimeAsync();
        Assert.True(FrontHello.TryRead(await ReadAsync(), out _));
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _factory.Dispose();
        _link.Dispose();
        _primary.Dispose();
        _clients.ForEach(static client => client.Dispose());
        await _services.DisposeAsync();
        File.Delete(_path);
    }

    [Fact]
    public async Task A_connection_that_waits_is_taken_behind_what_the_thread_pool_has_to_do()
    {
        HandOver();
        HandOver();
        await TakenAsync();
        var turns = new Turns();
        for (var i = 0; i < _clients.Count; i++)
        {
            var accepted = turns.Run(() => _listener.AcceptAsync(Cancellation).AsTask());
            Assert.False(accepted.IsCompleted);
            turns.Next();
            Assert.True(accepted.IsCompleted);

            var connection = await accepted;
            Assert.NotNull(connection);
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task When_no_more_come_those_that_wait_are_taken_first()
    {
        HandOver();
        await TakenAsync();
        _link.Send([(byte)ToWorker.Left]);
        var connection = await _listener.AcceptAsync(Cancellation).AsTask().InTimeAsync();
        Assert.NotNull(connection);
        await connection.DisposeAsync();
        Assert.Null(await _listener.AcceptAsync(Cancellation).AsTask().InTimeAsync());
    }

    private void HandOver()
    {
        var client = new SocketPair();
        _clients.Add(client);
        Assert.Equal(0, DescriptorSocket.Send((int)_link.Handle, [(byte)ToWorker.Plain], (int)client.Server.Handle));
    }

    /// <summary>Waits until the worker has taken all that was handed over.</summary>
    private async Task TakenAsync()
    {
        _link.Send([(byte)ToWorker.Ping]);
        Assert.Equal((byte)ToPrimary.Pong, Assert.Single(await ReadAsync()));
    }

    private async Task<byte[]> ReadAsync()
    {
        var message = new byte[FrontContract.MaxMessage];
        return message[..await _link.ReceiveAsync(message, Cancellation).AsTask().InTimeAsync()];
    }

    /// <summary>Stands for the thread pool: what is queued runs when the test says so.</summary>
    private sealed class Turns : SynchronizationContext
    {
        private readonly Queue<Action> _queue = [];

        public override void Post(SendOrPostCallback d, object? state) => _queue.Enqueue(() => d(state));

        public void Next() => _queue.Dequeue()();

        public T Run<T>(Func<T> what)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return what();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
