using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

/// <summary>Sessions that end before they are open leave nothing, and their handlers hear of it once.</summary>
public sealed class OpeningTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_is_cut_while_its_handler_is_made_is_not_kept(bool isWritable)
    {
        EchoHandler? made = null;
        var server = NewServer(session =>
        {
            session.Close(EngineCloseReason.ForcedClose, "no");
            return made = new EchoHandler(session);
        });
        var transport = new Transport(isWritable);

        var session = server.Open(new DefaultHttpContext(), _ => transport);

        Assert.Equal((EngineCloseReason.ForcedClose, "no"), await made!.Ended);
        Assert.Equal(0, server.SessionCount);
        Assert.False(session!.IsOpen);
        Assert.Equal((0, 1), (transport.Sent, transport.Closed));
    }

    [Fact]
    public async Task One_that_is_closed_in_order_while_its_handler_is_made_is_not_kept()
    {
        EchoHandler? made = null;
        var server = NewServer(session =>
        {
            session.Close();
            return made = new EchoHandler(session);
        });

        server.Open(new DefaultHttpContext(), _ => new Transport(isWritable: true));

        Assert.Equal(EngineCloseReason.ForcedClose, (await made!.Ended).Reason);
        Assert.Equal(0, server.SessionCount);
    }

    [Fact]
    public void One_whose_handler_cannot_be_made_is_refused()
    {
        var server = NewServer(_ => throw new InvalidOperationException("nobody"));
        var transport = new Transport(isWritable: true);

        Assert.Null(server.Open(new DefaultHttpContext(), _ => transport));

        Assert.Equal(0, server.SessionCount);
        Assert.Equal((0, 1), (transport.Sent, transport.Closed));
    }

    private static EngineServer NewServer(Func<EngineSession, IEngineHandler> connect) => new(
        new EngineIOOptions(),
        new SlowClientLimits(1 << 20, 1 << 20, TimeSpan.FromSeconds(10)),
        new ManualTime(),
        NullLogger.Instance,
        () => "session-000000000001",
        (session, _) => connect(session));

    private sealed class Transport(bool isWritable) : IEngineTransport
    {
        public int Sent { get; private set; }

        public int Closed { get; private set; }

        public string Name => "websocket";

        public bool IsWritable => isWritable && Closed == 0;

        public int BatchSize => 1 << 16;

        public void Send(ReadOnlySpan<OutboundPacket> packets) => Sent += packets.Length;

        public void Close() => Closed++;
    }
}
