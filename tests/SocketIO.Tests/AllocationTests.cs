using System.Buffers;
using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Protocol;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests;

/// <summary>
/// What encoder, parser and writer allocate, in bytes for each operation: time depends on the machine, this does not. A limit that is exceeded is a
/// regression to be looked at.
/// </summary>
public sealed class AllocationTests
{
    private const int Operations = 1000;
    private static readonly byte[] Arguments = [.. "[\""u8, .. new string('x', 100).Select(c => (byte)c), .. "\"]"u8];

    [Fact]
    public void Encoding_an_event_allocates_its_frame_and_little_more()
    {
        var bytes = Allocated.ByEach(Operations, () => SocketIOEncoder.Event("/", "said", Arguments, []));

        Assert.InRange(bytes, Arguments.Length, Arguments.Length + 420);
    }

    [Fact]
    public void Reading_a_frame_allocates_nothing()
    {
        var reader = new FrameReader(1 << 20);
        byte[] wire = [0x81, 0x80 | 4, 1, 2, 3, 4, (byte)'4' ^ 1, (byte)'2' ^ 2, (byte)'[' ^ 3, (byte)']' ^ 4];

        var bytes = Allocated.ByEach(Operations, () =>
        {
            var input = new ReadOnlySequence<byte>(wire);
            if (reader.Read(ref input) != FrameReading.Message)
            {
                throw new InvalidOperationException("No message.");
            }
            reader.Release();
        });

        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Decoding_an_event_allocates_it_once()
    {
        var decoder = new SocketIODecoder(JsonSerializerOptions.Web, 10);
        byte[] wire = [.. "2[\"say\",\"room\","u8, .. Arguments.AsSpan(1)];

        var bytes = Allocated.ByEach(Operations, () => decoder.Add(isBinary: false, wire, out _));

        Assert.InRange(bytes, wire.Length, wire.Length + 480);
    }

    [Fact]
    public void Writing_shared_frames_allocates_nothing()
    {
        var writer = new FrameWriter(new Sink());
        OutboundPacket[] packets = [SocketIOEncoder.Event("/", "said", Arguments, []), SocketIOEncoder.Event("/", "said", Arguments, [])];

        var bytes = Allocated.ByEach(Operations, () => writer.Write(packets, base64: false));

        Assert.Equal(0, bytes);
    }

    /// <summary>A connection that takes everything at once, and keeps nothing.</summary>
    private sealed class Sink : System.IO.Pipelines.PipeWriter
    {
        private readonly byte[] _buffer = new byte[4096];

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public override void Advance(int bytes)
        {
        }

        public override ValueTask<System.IO.Pipelines.FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            new(default(System.IO.Pipelines.FlushResult));

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
