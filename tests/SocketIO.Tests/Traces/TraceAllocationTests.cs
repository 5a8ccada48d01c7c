using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Traces;

/// <summary>Where nobody listens to activities, they cost no memory; nor where somebody does, and the sampler has left the trace out.</summary>
[Collection(TraceCollection.Name)]
public sealed class TraceAllocationTests
{
    private const int Times = 1_000;

    [Fact]
    public void Where_nobody_listens_nothing_is_allocated()
    {
        using var traced = new Activity("of who asks") { ActivityTraceFlags = ActivityTraceFlags.Recorded };
        var trace = traced.SetIdFormat(ActivityIdFormat.W3C).Start().Id!;
        traced.Stop();

        Assert.Equal(0, BytesWith(trace));
    }

    [Fact]
    public void What_the_sampler_has_left_out_allocates_nothing()
    {
        using var trace = new Traced(isRecorded: false);

        Assert.Equal(0, BytesWith(""));
    }

    private static long BytesWith(string trace)
    {
        var operation = Operation.SocketsJoin(BroadcastTarget.All, [Room.Named("room")]);
        var emit = Operation.Emit(BroadcastTarget.All, PacketCodec.Encode("said", [], [], []));
        var asked = operation.WithTrace(trace);
        var packet = new Packet("said", default, [], [], BroadcastFlags.None, trace);
        var (socket, server) = (SocketId.New(ServerId.NewProcess()), ServerId.NewProcess());
        var context = new DefaultHttpContext();
        Measure();

        return Allocated.By(Measure);

        void Measure()
        {
            for (var i = 0; i < Times; i++)
            {
                var started = BroadcastActivities.StartPublish("/", OperationKind.Emit) is not null
                    | BroadcastActivities.StartDeliver("/", packet, 1, 2) is not null
                    | BroadcastActivities.StartDeliver("/", asked, 1, 2) is not null
                    | RequestActivities.Start("/", RequestKind.FetchSockets) is not null
                    | RequestActivities.Start("/", OperationKind.SocketsJoin) is not null
                    | RequestActivities.Start("/", socket, "ask") is not null
                    | RequestActivities.StartAnswer("/", RequestKind.FetchSockets, trace, true, 2) is not null
                    | ForwardingActivities.StartForwarding(context, server) is not null
                    | !ReferenceEquals(operation, operation.WithTrace(BroadcastActivities.CurrentTrace))
                    | !ReferenceEquals(emit, emit.WithTrace(BroadcastActivities.TraceOf(null)));
                if (started)
                {
                    throw new InvalidOperationException("An activity was started, or a trace begun.");
                }
            }
        }
    }
}
