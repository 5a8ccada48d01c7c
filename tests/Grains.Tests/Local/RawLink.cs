using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using OrleansAdapter.Codec;
using OrleansAdapter.Grains.Local;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>A link driven byte by byte, to say what a proper one never would.</summary>
internal sealed class RawLink : IDisposable
{
    private readonly Socket _socket;
    private readonly PipeReader _reader;
    private readonly LinkFrames.Reader _frames = new(1 << 30);

    public RawLink(Socket socket)
    {
        _socket = socket;
        _reader = PipeReader.Create(new NetworkStream(socket));
    }

    public static async Task<RawLink> ConnectAsync(string path) => new(await LinkSocket.ConnectAsync(path, TestContext.Current.CancellationToken));

    /// <summary>Connects and greets as a proper process does.</summary>
    public static async Task<RawLink> GreetAsync(string path, LinkRole role = LinkRole.Worker, ServerId process = default)
    {
        var link = await ConnectAsync(path);
        await link.SendAsync(LinkGreeting.Write(Hello(role, process)));
        Assert.Equal(LinkWelcomeStatus.Welcome, (await link.WelcomeAsync()).Status);
        return link;
    }

    public static LinkHello Hello(LinkRole role = LinkRole.Worker, ServerId process = default) => new(
        ProtocolVersion.Ours,
        role,
        process.IsNone ? ServerId.NewProcess().Process : process.Process,
        LinkGreeting.Secret(SocketFolder.Secret));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendAsync(bytes, TestContext.Current.CancellationToken);

    public Task SendAsync(LinkPacket packet)
    {
        var content = new ArrayBufferWriter<byte>();
        packet.Write(content, ProtocolVersion.Current);
        return SendFrameAsync(content.WrittenMemory);
    }

    public async Task SendFrameAsync(ReadOnlyMemory<byte> content)
    {
        var frame = new ArrayBufferWriter<byte>();
        LinkFrames.Write(frame, content.Span);
        await SendAsync(frame.WrittenMemory);
    }

    public async Task<LinkWelcome> WelcomeAsync() => await LinkGreeting.ReadWelcomeAsync(_reader, TestContext.Current.CancellationToken).InTimeAsync();

    /// <summary>Reads a greeting, where this end is the directory's.</summary>
    public async Task SkipHelloAsync() => await LinkGreeting.ReadHelloAsync(_reader, TestContext.Current.CancellationToken).InTimeAsync();

    /// <summary>The next message; null where the link has ended.</summary>
    public async Task<byte[]?> MessageAsync()
    {
        while (true)
        {
            ReadResult result;
            try
            {
                result = await _reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
            }
            catch (IOException)
            {
                return null;
            }
            var buffer = result.Buffer;
            var message = _frames.TryRead(ref buffer);
            _reader.AdvanceTo(buffer.Start, message is null ? buffer.End : buffer.Start);
            if (message is not null || result.IsCompleted)
            {
                return message;
            }
        }
    }

    /// <summary>Waits until the other side has closed the link.</summary>
    public async Task EndedAsync()
    {
        while (await MessageAsync() is not null)
        {
        }
    }

    public void Dispose() => _socket.Dispose();
}
