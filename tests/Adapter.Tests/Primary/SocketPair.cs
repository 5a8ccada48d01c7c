using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Tests.Primary;

/// <summary>A client's socket and the server's, connected, with small buffers: who reads nothing is soon noticed.</summary>
internal sealed class SocketPair : IDisposable
{
    /// <summary>More than the system takes for a client that reads nothing.</summary>
    public const int Much = 8 << 20;

    private const int Buffer = 4096;

    public SocketPair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Client.Connect(listener.LocalEndPoint!);
        Server = listener.Accept();
        Server.SendBufferSize = Buffer;
    }

    public Socket Client { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = Buffer };

    public Socket Server { get; }

    /// <summary>Reads so many bytes as the client.</summary>
    public async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var more = await Client.ReceiveAsync(bytes.AsMemory(read), SocketFlags.None, TestContext.Current.CancellationToken).InTimeAsync();
            Assert.NotEqual(0, more);
            read += more;
        }
        return bytes;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
