using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansAdapter.Grains.Tests.Codec;

public sealed class MessageCodecTests
{
    [Fact]
    public void Every_message_comes_out_as_it_went_in()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            foreach (var message in Samples.All(seed))
            {
                var bytes = Wire.Encode(message);
                var decoded = Wire.Decode(message, bytes);

                Assert.True(
                    Dump.Of(message) == Dump.Of(decoded), $"seed {seed}: {message.GetType().Name} changed:\n{Dump.Of(message)}\nbecame\n{Dump.Of(decoded)}");
                Assert.Equal(bytes, Wire.Encode(decoded));
            }
        }
    }

    [Fact]
    public void Every_type_of_message_has_a_sample()
    {
        var types = typeof(WorkerMessage).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && new[] { typeof(WorkerMessage), typeof(HomeMessage), typeof(ServerMessage) }.Any(type.IsSubclassOf));

        Assert.Equal(types.Select(type => type.Name).Order(), Samples.All(0).Select(message => message.GetType().Name).Distinct().Order());
        Assert.Equal(Enum.GetNames<MessageType>().Order(), Samples.All(0).Select(message => message.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void A_message_that_is_cut_off_anywhere_is_refused()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            foreach (var message in Samples.All(seed))
            {
                var bytes = Wire.Encode(message);
                for (var length = 0; length < bytes.Length; length++)
                {
                    Assert.False(
                        Wire.TryDecode(message, bytes.AsMemory(0, length)),
                        $"seed {seed}: {message.GetType().Name} was read from {length} of {bytes.Length} bytes");
                }
            }
        }
    }

    [Fact]
    public void A_message_with_bytes_to_spare_is_refused()
    {
        foreach (var message in Samples.All(1))
        {
            Assert.False(Wire.TryDecode(message, (byte[])[.. Wire.Encode(message), 0]));
        }
    }

    [Fact]
    public void Flipped_bits_give_a_message_or_a_protocol_error_and_nothing_else()
    {
        var random = new Random(4711);
        for (var seed = 0; seed < 60; seed++)
        {
            foreach (var message in Samples.All(seed))
            {
                var bytes = Wire.Encode(message);
                for (var round = 0; round < 30; round++)
                {
                    var flipped = (byte[])bytes.Clone();
                    for (var flips = random.Next(1, 4); flips > 0; flips--)
                    {
                        flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                    }
                    Wire.TryDecode(message, flipped);
                }
            }
        }
    }

    [Fact]
    public void Random_bytes_give_a_protocol_error_and_nothing_else()
    {
        var random = new Random(4712);
        var families = Samples.All(1).DistinctBy(message => message.GetType()).ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 1 && round % 4 != 0)
            {
                bytes[0] = ProtocolVersion.Current;
                bytes[1] = (byte)random.Next(40);
            }
            Wire.TryDecode(families[round % families.Length], bytes);
        }
    }

    [Fact]
    public void A_garbled_count_does_not_allocate_what_it_announces()
    {
        // A Submit that announces as many operations as its length could hold at the least, but holds none.
        byte[] bytes = [ProtocolVersion.Current, (byte)MessageType.Submit, .. new byte[6 + 8 + 3], 0x80, 0x80, 0x80, 0x02, .. Enumerable.Repeat((byte)0xFF,
            32 << 20)];

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ProtocolException>(() => MessageCodec.ReadWorkerMessage(bytes));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Another_version_is_refused_and_both_are_named()
    {
        foreach (var message in Samples.All(2))
        {
            var bytes = Wire.Encode(message);
            bytes[0] = 9;

            var error = Assert.Throws<ProtocolException>(() => Wire.Decode(message, bytes));

            Assert.Contains("version 9", error.Message);
            Assert.Contains(ProtocolVersion.Ours.ToString(), error.Message);
        }
    }

    [Fact]
    public void A_message_bears_the_version_it_is_written_in_and_no_version_is_written_that_this_side_does_not_speak()
    {
        var message = new AcknowledgeAnswers(ServerId.FromBits(1 << 12), 4, 5);
        for (var version = ProtocolVersion.Oldest; version <= ProtocolVersion.Current; version++)
        {
            var output = new ArrayBufferWriter<byte>();
            MessageCodec.Write(output, message, version);

            Assert.Equal(version, output.WrittenSpan[0]);
            Assert.Equal(message, MessageCodec.ReadServerMessage(output.WrittenMemory));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageCodec.Write(new ArrayBufferWriter<byte>(), message, ProtocolVersion.Oldest - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageCodec.Write(new ArrayBufferWriter<byte>(), message, ProtocolVersion.Current + 1));
    }

    [Fact]
    public void An_unknown_type_and_one_of_another_family_are_refused_by_name()
    {
        var push = Wire.Encode(new Samples(3).HomeMessages().OfType<Push>().Single());
        byte[] unknown = [ProtocolVersion.Current, 77, .. new byte[100]];

        Assert.Contains("type 20", Assert.Throws<ProtocolException>(() => MessageCodec.ReadWorkerMessage(push)).Message);
        Assert.Contains("type 77", Assert.Throws<ProtocolException>(() => MessageCodec.ReadWorkerMessage(unknown)).Message);
        Assert.Contains("type 77", Assert.Throws<ProtocolException>(() => MessageCodec.ReadHomeMessage(unknown)).Message);
        Assert.Contains("type 77", Assert.Throws<ProtocolException>(() => MessageCodec.ReadServerMessage(unknown)).Message);
    }

    [Fact]
    public void A_decoded_operation_is_a_slice_of_the_message_and_goes_on_as_the_same_bytes()
    {
        var body = Encoding.UTF8.GetBytes("said");
        var bytes = Wire.Encode(new Submit { Life = ServerId.FromBits(1), Epoch = 1, First = 1, Operations = [Operation.Emit(BroadcastTarget.All, body)] });

        var operation = ((Submit)MessageCodec.ReadWorkerMessage(bytes)).Operations[0];
        var forwarded = Wire.Encode(
            new Push { Life = ServerId.FromBits(2), Epoch = 1, Previous = 0, Entries = [new Entry(1, ServerId.FromBits(1), 1, 1, operation)] });

        Assert.True(MemoryMarshal.TryGetArray(operation.Body, out var slice));
        Assert.Same(bytes, slice.Array);
        Assert.True(MemoryMarshal.TryGetArray(operation.Encoded, out var encoded));
        Assert.Same(bytes, encoded.Array);
        Assert.Equal(body, operation.Body.ToArray());
        Assert.True(forwarded.AsSpan().IndexOf(operation.Encoded.Span) > 0);
    }

    [Theory]
    [InlineData((int)OperationKind.Request)]
    [InlineData((int)OperationKind.SocketsJoin)]
    [InlineData((int)OperationKind.SocketsLeave)]
    [InlineData((int)OperationKind.DisconnectSockets)]
    public void A_trace_goes_where_an_operation_goes_and_changes_nothing_else_of_it(int kind)
    {
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var target = new BroadcastTarget([Room.Named("room")], [], [Room.Named("bots")], null, BroadcastFlags.Volatile);
        var operation = (OperationKind)kind switch
        {
            OperationKind.Request => Operation.Request(target, new byte[] { 1, 2 }),
            OperationKind.SocketsJoin => Operation.SocketsJoin(target, [Room.Named("other")]),
            OperationKind.SocketsLeave => Operation.SocketsLeave(target, [Room.Named("other")]),
            _ => Operation.DisconnectSockets(target, new byte[] { 1 }),
        };
        Assert.Same(operation, operation.WithTrace(""));
        var traced = operation.WithTrace(trace);
        Assert.Same(traced, traced.WithTrace(trace));

        foreach (var (written, expected) in new[] { (operation, ""), (traced, trace) })
        {
            var submit = new Submit { Life = ServerId.FromBits(1), Epoch = 1, First = 1, Operations = [written] };
            var arrived = ((Submit)MessageCodec.ReadWorkerMessage(Wire.Encode(submit))).Operations[0];

            Assert.Equal((expected, operation.Kind), (arrived.Trace, arrived.Kind));
            Assert.Equal([Room.Named("room")], arrived.Target!.Rooms.ToArray());
            Assert.Equal([Room.Named("bots")], arrived.Target.ExceptRooms.ToArray());
            Assert.Equal(operation.Rooms.ToArray(), arrived.Rooms.ToArray());
            Assert.Equal(operation.Body.ToArray(), arrived.Body.ToArray());
        }
    }

    [Fact]
    public void A_large_body_comes_out_unchanged()
    {
        var body = new byte[5 << 20];
        new Random(5).NextBytes(body);

        var bytes = Wire.Encode(new Submit { Life = ServerId.FromBits(1), Epoch = 1, First = 1, Operations = [Operation.Emit(BroadcastTarget.All, body)] });

        Assert.Equal(body, ((Submit)MessageCodec.ReadWorkerMessage(bytes)).Operations[0].Body.ToArray());
    }

    [Fact]
    public void A_room_name_that_is_not_Unicode_is_not_written_as_another_one() =>
        Assert.Throws<EncoderFallbackException>(() => Wire.Encode(
            new Submit
            {
                Life = ServerId.FromBits(1),
                Epoch = 1,
                First = 1,
                Operations = [Operation.Own(new Room(RoomKind.Room, "a\uD800"), member: true,
                0)]
            }));

    [Fact]
    public void An_error_text_that_is_not_Unicode_arrives_with_the_bad_part_replaced()
    {
        var bytes = Wire.Encode(new Answer(ServerId.FromBits(1), ServerId.FromBits(2), 1, 0, true, "bad \uD800 text", default));

        Assert.Equal("bad \uFFFD text", ((Answer)MessageCodec.ReadServerMessage(bytes)).Error);
    }

    [Fact]
    public void The_counted_size_is_never_much_less_than_the_bytes()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            foreach (var message in Samples.All(seed))
            {
                var counted = message switch
                {
                    WorkerMessage worker => MessageSize.Of(worker),
                    HomeMessage home => MessageSize.Of(home),
                    _ => MessageSize.Of((ServerMessage)message),
                };
                Assert.True(
                    counted * 2 >= Wire.Encode(message).Length,
                    $"seed {seed}: {message.GetType().Name} counts {counted} for {Wire.Encode(message).Length} bytes");
            }
        }
    }
}
