using System.Net.Sockets;

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

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A process that the directory has as a server, at an address where whatever the test wants to be is.</summary>
internal sealed class FakeServer : IDirectoryReceiver, IAsyncDisposable
{
    private readonly IDirectory _directory;

    private FakeServer(IDirectory directory) => _directory = directory;

    public ServerId Id { get; } = ServerId.NewProcess();

    public static async Task<FakeServer> StartAsync(IDirectory directory, string? address)
    {
        var server = new FakeServer(directory);
        await directory.StartAsync(server.Id.Process, server, TestContext.Current.CancellationToken);
        directory.Send(new Describe(new ServerDescription(server.Id.Process, "fake", DateTimeOffset.UnixEpoch, 1, address), 0, 0));
        return server;
    }

    /// <summary>Takes one connection at a socket file, reads the head of its request, and hangs up when told to.</summary>
    public static async Task HangUpAsync(string path, TaskCompletionSource arrived, Task when)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[16 << 10];
        await connection.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
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
