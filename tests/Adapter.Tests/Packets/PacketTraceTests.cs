using System.Diagnostics;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.Packets;

/// <summary>The one thing that a home reads of a packet.</summary>
public sealed class PacketTraceTests
{
    [Theory]
    [InlineData("", "[]")]
    [InlineData("said", "[\"hello\"]")]
    public void It_is_found_where_the_packet_has_it(string @event, string arguments)
    {
        using var activity = new Activity("test") { ActivityTraceFlags = ActivityTraceFlags.Recorded };
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();

        var packet = PacketCodec.Encode(@event, System.Text.Encoding.UTF8.GetBytes(arguments), [new byte[3]], []);

        Assert.Equal(activity.Id, PacketTrace.Of(packet));
        Assert.Equal(activity.Id, PacketCodec.Decode(packet, default).Trace);
    }

    [Theory]
    [InlineData("", "[]")]
    [InlineData("said", "[\"hello\"]")]
    public void A_packet_gets_one_later_and_is_else_the_same(string @event, string arguments)
    {
        Assert.Null(Activity.Current);
        var packet = PacketCodec.Encode(@event, System.Text.Encoding.UTF8.GetBytes(arguments), [new byte[3]], [new PacketEncoding("other", new byte[2])]);
        using var activity = new Activity("test") { ActivityTraceFlags = ActivityTraceFlags.Recorded };
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();
        var whole = PacketCodec.Encode(@event, System.Text.Encoding.UTF8.GetBytes(arguments), [new byte[3]], [new PacketEncoding("other", new byte[2])]);

        Assert.Equal(whole, PacketTrace.With(packet, activity.Id!).ToArray());
        Assert.Equal(whole, Operation.Emit(BroadcastTarget.All, packet).WithTrace(activity.Id!).Body.ToArray());
    }

    [Fact]
    public void One_that_has_a_trace_and_what_is_no_packet_are_left_as_they_are()
    {
        var trace = $"00-{new string('1', 32)}-{new string('2', 16)}-01";
        var packet = PacketCodec.Encode("said", "[]"u8, [], []);
        var traced = PacketTrace.With(packet, trace);
        Assert.Equal(trace, PacketTrace.Of(traced.Span));
        Assert.True(traced.Equals(PacketTrace.With(traced, trace.Replace('1', '3'))));
        var operation = Operation.Emit(BroadcastTarget.All, traced);
        Assert.Same(operation, operation.WithTrace(trace.Replace('1', '3')));

        var another = packet.ToArray();
        another[0]++;
        foreach (var bytes in new ReadOnlyMemory<byte>[] { default, another, packet.AsMemory(0, 8) })
        {
            Assert.True(bytes.Equals(PacketTrace.With(bytes, trace)));
        }
    }

    [Fact]
    public void What_the_sampler_left_out_is_traced_nowhere()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        Assert.False(activity.Recorded);

        Assert.Equal("", PacketTrace.Of(PacketCodec.Encode("said", "[]"u8, [], [])));
    }

    [Fact]
    public void There_is_none_where_nobody_traces_and_in_what_is_no_packet()
    {
        Assert.Null(Activity.Current);
        var packet = PacketCodec.Encode("said", "[]"u8, [], []);
        Assert.Equal("", PacketTrace.Of(packet));
        Assert.Equal("", PacketTrace.Of([]));
        packet[0]++;
        Assert.Equal("", PacketTrace.Of(packet));
        packet[0]--;
        for (var length = 0; length < packet.Length; length++)
        {
            Assert.Equal("", PacketTrace.Of(packet.AsSpan(0, length)));
        }
        packet.AsSpan(1).Fill(0xff);
        Assert.Equal("", PacketTrace.Of(packet));
    }
}
