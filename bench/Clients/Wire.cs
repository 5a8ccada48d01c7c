using System.Text;

namespace OrleansAdapter.Bench.Clients;

/// <summary>What a client's message turned out to be.</summary>
internal enum Heard
{
    Nothing,
    Welcome,
    Joined,
    Said,
    Refused,
}

/// <summary>A protocol over WebSocket: how a client greets, joins and says something, and what it hears. Parses no more than it must.</summary>
internal abstract class Wire
{
    public static Wire SocketIO { get; } = new SocketIOWire();

    public static Wire SignalR { get; } = new SignalRWire();

    public abstract string Name { get; }

    /// <summary>What the WebSocket is asked for.</summary>
    public abstract string Path { get; }

    /// <summary>Sent as soon as the WebSocket is open.</summary>
    public abstract byte[] Greeting { get; }

    /// <summary>The frame that asks to join a room.</summary>
    public abstract byte[] Join(int id, string room);

    /// <summary>Writes the frame, or the frames, that say something; returns their length.</summary>
    public abstract int Say(Span<byte> to, string room, ReadOnlySpan<byte> payload, bool binary);

    /// <summary>
    /// Takes what is in a WebSocket message: one thing at a time, until nothing is left. <paramref name="said"/> holds the payload,
    /// <paramref name="reply"/> what is to be sent back.
    /// </summary>
    public abstract Heard Read(bool binary, ref ReadOnlySpan<byte> message, out ReadOnlySpan<byte> said, out byte[]? reply);

    private sealed class SocketIOWire : Wire
    {
        private static readonly byte[] Pong = Frames.Make(Frames.Text, "3"u8);
        private static readonly byte[] Connect = Frames.Make(Frames.Text, "40"u8);

        public override string Name => "Socket.IO";

        public override string Path => "/socket.io/?EIO=4&transport=websocket";

        /// <summary>Nothing: what comes before the server has opened the session may be lost on it.</summary>
        public override byte[] Greeting => [];

        public override byte[] Join(int id, string room) => Frames.Make(Frames.Text, Encoding.ASCII.GetBytes($"42{id}[\"join\",\"{room}\"]"));

        public override int Say(Span<byte> to, string room, ReadOnlySpan<byte> payload, bool binary)
        {
            if (binary)
            {
                var head = Encoding.ASCII.GetBytes($"451-[\"say\",\"{room}\",{{\"_placeholder\":true,\"num\":0}}]");
                var header = Frames.Write(to, Frames.Text, head, masked: true);
                return header + Frames.Write(to[header..], Frames.Binary, payload, masked: true);
            }
            return Text(to, Encoding.ASCII.GetBytes($"42[\"say\",\"{room}\",\""), payload, "\"]"u8);
        }

        public override Heard Read(bool binary, ref ReadOnlySpan<byte> message, out ReadOnlySpan<byte> said, out byte[]? reply)
        {
            reply = null;
            said = message;
            message = default;
            if (binary)
            {
                return Heard.Said;
            }
            switch (said)
            {
                case [(byte)'4', (byte)'2', ..]:
                    return Heard.Said;
                case [(byte)'4', (byte)'3', ..]:
                    return said.IndexOf("error"u8) < 0 ? Heard.Joined : Heard.Refused;
                case [(byte)'4', (byte)'0', ..]:
                    return Heard.Welcome;
                case [(byte)'2']:
                    reply = Pong;
                    return Heard.Nothing;
                case [(byte)'0', ..]:
                    reply = Connect;
                    return Heard.Nothing;
                // The head of a packet with attachments.
                case [(byte)'4', (byte)'5', ..]:
                    return Heard.Nothing;
                default:
                    return Heard.Refused;
            }
        }
    }

    private sealed class SignalRWire : Wire
    {
        private const byte Separator = 0x1E;
        private static readonly byte[] Ping = Frames.Make(Frames.Text, "{\"type\":6}\u001e"u8);

        public override string Name => "SignalR";

        public override string Path => "/hub";

        public override byte[] Greeting { get; } = Frames.Make(Frames.Text, "{\"protocol\":\"json\",\"version\":1}\u001e"u8);

        public override byte[] Join(int id, string room) =>
            Frames.Make(Frames.Text, Encoding.ASCII.GetBytes($"{{\"type\":1,\"invocationId\":\"{id}\",\"target\":\"Join\",\"arguments\":[\"{room}\"]}}\u001e"));

        public override int Say(Span<byte> to, string room, ReadOnlySpan<byte> payload, bool binary) =>
            Text(to, Encoding.ASCII.GetBytes($"{{\"type\":1,\"target\":\"Say\",\"arguments\":[\"{room}\",\""), payload, "\"]}\u001e"u8);

        public override Heard Read(bool binary, ref ReadOnlySpan<byte> message, out ReadOnlySpan<byte> said, out byte[]? reply)
        {
            reply = null;
            var end = message.IndexOf(Separator);
            said = end < 0 ? message : message[..end];
            message = end < 0 ? default : message[(end + 1)..];
            if (said.StartsWith("{\"type\":1,"u8))
            {
                return Heard.Said;
            }
            if (said.SequenceEqual("{}"u8))
            {
                return Heard.Welcome;
            }
            if (said.StartsWith("{\"type\":6"u8))
            {
                reply = Ping;
                return Heard.Nothing;
            }
            return said.StartsWith("{\"type\":3"u8) && said.IndexOf("\"error\""u8) < 0 ? Heard.Joined : Heard.Refused;
        }
    }

    private static int Text(Span<byte> to, ReadOnlySpan<byte> before, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> after)
    {
        var length = before.Length + payload.Length + after.Length;
        var body = System.Buffers.ArrayPool<byte>.Shared.Rent(length);
        before.CopyTo(body);
        payload.CopyTo(body.AsSpan(before.Length));
        after.CopyTo(body.AsSpan(before.Length + payload.Length));
        var written = Frames.Write(to, Frames.Text, body.AsSpan(0, length), masked: true);
        System.Buffers.ArrayPool<byte>.Shared.Return(body);
        return written;
    }
}
