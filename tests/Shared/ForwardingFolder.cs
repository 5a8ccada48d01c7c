using System.Net.Sockets;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Security;

namespace OrleansAdapter.Testing;

/// <summary>What servers of one test share so that they pass requests on to each other.</summary>
internal sealed class ForwardingFolder : IDisposable
{
    public const string Secret = "a-secret-of-the-tests";

    public string Path { get; } = Directory.CreateTempSubdirectory("oaf-").FullName;

    public void Configure(OrleansAdapterOptions options)
    {
        options.Forwarding.SocketDirectory = Path;
        options.Forwarding.Secret = Secret;
    }

    public string SocketOf(ServerId process) => System.IO.Path.Combine(Path, process.Process.ToString());

    /// <summary>Sends requests to a server as another server does; without a secret, as a stranger would.</summary>
    public HttpClient To(ServerId process, string? secret = Secret) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketOf(process)), cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (secret is not null)
            {
                await GateOf(secret).ConnectAsync(ServerConnector.PurposeOf(process), stream, stream, cancellationToken);
            }
            return stream;
        },
    });

    private static ProofGate GateOf(string secret) => new(ClusterSecret.Of(secret), TimeProvider.System);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A process that the directory has as a server, at an address where whatever the test wants to be is.</summary>
internal sealed class FakeServer : IDirectoryReceiver, IAsyncDisposable
{
    private readonly IDirectory _directory;

    private FakeServer(IDirectory directory) => _directory = directory;

    public ServerId Id { get; } = ServerId.NewProcess();

    /// <param name="directory">The directory.</param>
    /// <param name="addressOf">The address that it says it has.</param>
    public static async Task<FakeServer> StartAsync(IDirectory directory, Func<ServerId, string?> addressOf)
    {
        var server = new FakeServer(directory);
        var address = addressOf(server.Id.Process);
        await directory.StartAsync(server.Id.Process, server, TestContext.Current.CancellationToken);
        directory.Send(new Describe(new ServerDescription(server.Id.Process, "fake", DateTimeOffset.UnixEpoch, 1, address), 0, 0));
        return server;
    }

    /// <summary>Takes one connection as this server, reads the head of its request, and hangs up when told to.</summary>
    public async Task HangUpAsync(string path, TaskCompletionSource arrived, Task when)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(connection);
        await MutualProof.AcceptAsync(
            ClusterSecret.Of(ForwardingFolder.Secret), ServerConnector.PurposeOf(Id), stream, stream, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await stream.ReadAsync(new byte[16 << 10], TestContext.Current.CancellationToken));
        arrived.TrySetResult();
        await when;
    }

    public void Receive(string @namespace, HomeMessage message)
    {
    }

    public void Receive(ServerMessage message)
    {
    }

    public void Connected()
    {
    }

    public ValueTask DisposeAsync() => _directory.DisposeAsync();
}
