using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// Stands in for the server's upgrade to a WebSocket (of HTTP/1.1 or HTTP/2) and keeps the way out of the connection for ready-made frames. What
/// the framework's WebSocket writes goes the same way; what it reads comes from the connection as ever.
/// </summary>
internal sealed class UpgradeFeature(
    HttpContext context, IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect) : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    /// <summary>The way out, once the connection has been upgraded.</summary>
    public FrameWriter? Writer { get; private set; }

    public bool IsUpgradableRequest => upgrade is { IsUpgradableRequest: true };

    public bool IsExtendedConnect => connect is { IsExtendedConnect: true };

    public string? Protocol => connect?.Protocol;

    public async Task<Stream> UpgradeAsync()
    {
        var stream = await upgrade!.UpgradeAsync().ConfigureAwait(false);
        // After the upgrade nothing but us writes to the connection: it can be written to directly.
        return Wrap(stream, context.Features.Get<IConnectionTransportFeature>()?.Transport.Output);
    }

    public async ValueTask<Stream> AcceptAsync() => Wrap(await connect!.AcceptAsync().ConfigureAwait(false), null);

    private UpgradedStream Wrap(Stream stream, PipeWriter? output)
    {
        Writer = new FrameWriter(output ?? PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
        return new UpgradedStream(stream, Writer);
    }

    /// <summary>Reads from the connection, and writes through the writer.</summary>
    private sealed class UpgradedStream(Stream input, FrameWriter writer) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            input.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => writer.WriteAsync(buffer);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            writer.WriteAsync(buffer.AsMemory(offset, count)).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
