using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using OrleansAdapter.Bench.Clients;

namespace OrleansAdapter.Bench.Floor;

/// <summary>
/// The least that any server could do: one thread, sockets without a library, one frame per message that all members share, and one write for each delivery. It
/// knows as much of Socket.IO as the benchmark's clients use, and trusts them.
/// </summary>
internal static class FloorServer
{
    private const int Listener = -1;
    private const int Forever = 1;
    private const string Key = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static readonly byte[] Opened = Frames.Make(
        Frames.Text,
        "0{\"sid\":\"floor\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"u8,
        masked: false);

    private static readonly byte[] Connected = Frames.Make(Frames.Text, "40{\"sid\":\"floor\"}"u8, masked: false);

    public static int Run(int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        var poll = Native.Create();
        Native.Watch(poll, (int)listener.SafeHandle.DangerousGetHandle(), Listener, writable: false, isNew: true);
        List<Connection?> connections = [];
        Dictionary<string, List<Connection>> rooms = [];
        var events = new byte[1024 * Native.EventSize];
        var buffer = new byte[1 << 20];
        Console.WriteLine("ready");
        while (true)
        {
            var count = Native.Wait(poll, events, Forever * 1_000_000_000L);
            for (var i = 0; i < count; i++)
            {
                var (_, index) = Native.Read(events, i);
                if (index == Listener)
                {
                    var socket = listener.Accept();
                    socket.NoDelay = true;
                    connections.Add(new Connection(socket));
                    Native.Watch(poll, connections[^1]!.Descriptor, connections.Count - 1, writable: false, isNew: true);
                }
                else if (!Read(connections[index]!, buffer, rooms))
                {
                    connections[index]!.Socket.Dispose();
                    foreach (var room in rooms.Values)
                    {
                        room.Remove(connections[index]!);
                    }
                    connections[index] = null;
                }
            }
        }
    }

    private static bool Read(Connection from, byte[] buffer, Dictionary<string, List<Connection>> rooms)
    {
        from.Partial.CopyTo(buffer, 0);
        var length = Native.Receive(from.Descriptor, buffer.AsSpan(from.Partial.Length));
        if (length <= 0)
        {
            return length < 0;
        }
        ReadOnlySpan<byte> bytes = buffer.AsSpan(0, from.Partial.Length + length);
        if (!from.IsUpgraded)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                Upgrade(from, Encoding.ASCII.GetString(bytes[..end]));
                bytes = bytes[(end + 4)..];
            }
        }
        while (from.IsUpgraded && Frames.TryRead(bytes, out var frame) && bytes.Length >= frame.Header + frame.Length)
        {
            if (frame.Opcode == Frames.Close)
            {
                return false;
            }
            Handle(from, frame.Opcode == Frames.Binary, bytes.Slice(frame.Header, frame.Length), rooms);
            bytes = bytes[(frame.Header + frame.Length)..];
        }
        from.Partial = bytes.ToArray();
        return true;
    }

    private static void Upgrade(Connection from, string request)
    {
        const string header = "Sec-WebSocket-Key: ";
        var key = request[(request.IndexOf(header, StringComparison.OrdinalIgnoreCase) + header.Length)..].Split('\r')[0];
#pragma warning disable CA5350 // RFC 6455 asks for SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Key)));
#pragma warning restore CA5350
        from.Write(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
        from.Write(Opened);
        from.IsUpgraded = true;
    }

    private static void Handle(Connection from, bool binary, ReadOnlySpan<byte> message, Dictionary<string, List<Connection>> rooms)
    {
        if (binary)
        {
            var head = Frames.Make(Frames.Text, "451-[\"said\",{\"_placeholder\":true,\"num\":0}]"u8, masked: false);
            Say(rooms[from.BinaryTo!], [.. head, .. Frames.Make(Frames.Binary, message, masked: false)]);
        }
        else if (message is [(byte)'4', (byte)'0', ..])
        {
            from.Write(Connected);
        }
        else if (message.IndexOf("[\"say\",\""u8) is > 0 and var say)
        {
            var rest = message[(say + 8)..];
            var room = Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'"')]);
            if (message[1] == '5')
            {
                from.BinaryTo = room;
                return;
            }
            Say(rooms[room], Frames.Make(Frames.Text, [.. "42[\"said\","u8, .. rest[(room.Length + 2)..]], masked: false));
        }
        else if (message.IndexOf("[\"join\",\""u8) is > 0 and var join)
        {
            var rest = message[(join + 9)..];
            var room = Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'"')]);
            (rooms.TryGetValue(room, out var members) ? members : rooms[room] = []).Add(from);
            from.Write(Frames.Make(Frames.Text, [.. "43"u8, .. message[2..join], .. "[]"u8], masked: false));
        }
    }

    private static void Say(List<Connection> members, byte[] frame)
    {
        foreach (var member in members)
        {
            member.Write(frame);
        }
    }

    private sealed class Connection(Socket socket)
    {
        public Socket Socket { get; } = socket;

        public int Descriptor { get; } = (int)socket.SafeHandle.DangerousGetHandle();

        public bool IsUpgraded { get; set; }

        public byte[] Partial { get; set; } = [];

        /// <summary>The room that the attachment which comes next is for.</summary>
        public string? BinaryTo { get; set; }

        /// <summary>Writes it all, and waits for a client that does not read.</summary>
        public void Write(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                var sent = Native.Send(Descriptor, bytes);
                if (sent < 0)
                {
                    Socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite);
                }
                bytes = bytes[Math.Max(0, sent)..];
            }
        }
    }
}
