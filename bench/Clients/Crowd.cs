using System.Diagnostics;
using System.Text;

namespace OrleansAdapter.Bench.Clients;

/// <summary>All clients of a run, in one thread: they connect, join, speak and listen as the plan says.</summary>
internal sealed class Crowd : IDisposable
{
    private const int Scratch = 1 << 20;
    private const int JoinsAtOnce = 16;
    private const long Moment = 1_000_000;

    /// <summary>After how long a client that was not let in tries again, as real clients do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Plan _plan;
    private readonly Wire _wire;
    private readonly IReadOnlyList<int> _ports;
    private readonly List<Client> _clients = [];
    private readonly List<Publisher> _publishers = [];
    private readonly List<Stream> _streams = [];
    private readonly int _poll = Native.Create();
    private readonly byte[] _events = new byte[1024 * Native.EventSize];
    private readonly byte[] _read = new byte[Scratch];
    private readonly byte[] _payload;
    private readonly byte[] _frame;
    private bool _speaking;

    public Crowd(Plan plan, Wire wire, IReadOnlyList<int> ports)
    {
        (_plan, _wire, _ports) = (plan, wire, ports);
        (_payload, _frame) = (new byte[plan.PayloadBytes], new byte[plan.PayloadBytes + 256]);
        for (var i = 0; i < plan.Clients.Count; i++)
        {
            _clients.Add(new Client(i, plan.Clients[i]) { IsSlow = plan.LastIsSlow && i == plan.Clients.Count - 1 });
        }
        foreach (var planned in plan.Publishers)
        {
            var client = _clients[planned.Client];
            var publisher = new Publisher(client) { HearsItself = planned.Streams.All(stream => stream.Rooms.All(client.Rooms.Contains)) };
            client.Publisher = publisher;
            _publishers.Add(publisher);
            foreach (var stream in planned.Streams)
            {
                var added = new Stream(_streams.Count, publisher, stream);
                publisher.Streams.Add(added);
                _streams.Add(added);
            }
        }
        Deliveries = new Deliveries(_streams);
        var rooms = plan.Publishers.SelectMany(publisher => publisher.Streams).Select(stream => stream.Rooms[0]).ToArray();
        foreach (var client in _clients)
        {
            var its = client.Rooms.ToHashSet();
            Deliveries.Add(stream => !client.IsSlow && its.Contains(rooms[stream.Id]));
        }
    }

    public Deliveries Deliveries { get; }

    /// <summary>How many reads brought something, and how many messages they brought.</summary>
    public (long Reads, long Messages) Counts { get; private set; }

    /// <summary>
    /// How many connections came to nothing and were made again. Seen with Node.js only: its primary still reads from a socket that it hands over,
    /// and the client's first message may be lost there.
    /// </summary>
    public int Retries { get; private set; }

    /// <summary>How long each client took from its connect to being in its rooms, in milliseconds.</summary>
    public List<double> OpeningTimes { get; } = [];

    /// <summary>Connects all clients, so many at a time, and has them join their rooms.</summary>
    /// <exception cref="InvalidOperationException">The server refused something, or took too long.</exception>
    public void Open(int atOnce = 32)
    {
        var deadline = Deadline(TimeSpan.FromSeconds(120));
        var (started, tries) = (new long[_clients.Count], new int[_clients.Count]);
        List<Client> opening = [];
        var next = 0;
        while (next < _clients.Count || opening.Count > 0)
        {
            while (opening.Count < atOnce && next < _clients.Count)
            {
                var client = _clients[next++];
                started[client.Number] = Stopwatch.GetTimestamp();
                Connect(client);
                opening.Add(client);
            }
            Turn(Moment * 10);
            for (var i = opening.Count - 1; i >= 0; i--)
            {
                var taken = Stopwatch.GetElapsedTime(started[opening[i].Number]);
                if (opening[i].Phase == Phase.Ready)
                {
                    OpeningTimes.Add(taken.TotalMilliseconds);
                    opening.RemoveAt(i);
                }
                else if (taken > Patience * (1 + tries[opening[i].Number]))
                {
                    Retries++;
                    tries[opening[i].Number]++;
                    Connect(opening[i]);
                }
            }
            if (Stopwatch.GetTimestamp() > deadline)
            {
                throw new InvalidOperationException(
                    $"{opening.Count} of {_clients.Count} clients could not connect and join; the first of them is in the phase {opening[0].Phase}.");
            }
        }
    }

    /// <summary>Speaks as the plan says, until that time.</summary>
    public void Speak(long until)
    {
        _speaking = true;
        if (_plan.Rate > 0)
        {
            SpeakByTheClock(until);
        }
        else
        {
            _publishers.ForEach(Fill);
            Listen(until);
        }
        _speaking = false;
    }

    /// <summary>Only listens, until that time.</summary>
    public void Listen(long until)
    {
        while (Remaining(until) is > 0 and var left)
        {
            Turn(left);
        }
    }

    /// <summary>Waits for what has not arrived; false if it does not.</summary>
    public bool Drain(TimeSpan time)
    {
        var until = Deadline(time);
        while (!Deliveries.AllArrived && Remaining(until) is > 0 and var left)
        {
            Turn(Math.Min(left, Moment * 100));
        }
        return Deliveries.AllArrived;
    }

    public static long Deadline(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        using var poll = new Microsoft.Win32.SafeHandles.SafeFileHandle(_poll, ownsHandle: true);
    }

    private static long Remaining(long until) => (long)((until - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency));

    private void SpeakByTheClock(long until)
    {
        var interval = (long)(Stopwatch.Frequency / _plan.Rate);
        var due = Stopwatch.GetTimestamp();
        for (var number = 0; due < until; number++)
        {
            Listen(due);
            Say(_publishers[number % _publishers.Count]);
            due += interval;
        }
    }

    private void Connect(Client client)
    {
        client.Connect(_ports[client.Number % _ports.Count]);
        Native.Watch(_poll, client.Descriptor, client.Number, writable: false, isNew: true);
        Send(client, Encoding.ASCII.GetBytes(
            $"GET {_wire.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
    }

    private void Turn(long nanoseconds)
    {
        var count = Native.Wait(_poll, _events, nanoseconds);
        for (var i = 0; i < count; i++)
        {
            var (events, index) = Native.Read(_events, i);
            var client = _clients[index];
            if ((events & Native.Writable) != 0 && !client.Flush())
            {
                Native.Watch(_poll, client.Descriptor, index, writable: false, isNew: false);
            }
            if ((events & ~Native.Writable) != 0)
            {
                Read(client);
            }
        }
    }

    private void Read(Client client)
    {
        var kept = client.TakePartial(_read);
        var length = Native.Receive(client.Descriptor, _read.AsSpan(kept));
        if (length <= 0)
        {
            if (length == 0)
            {
                throw new InvalidOperationException($"The server hung up on client {client.Number}, which was in the phase {client.Phase}.");
            }
            return;
        }
        Counts = (Counts.Reads + 1, Counts.Messages);
        var now = Stopwatch.GetTimestamp();
        ReadOnlySpan<byte> bytes = _read.AsSpan(0, kept + length);
        if (client.Phase == Phase.Upgrading && !Upgrade(client, ref bytes))
        {
            client.KeepPartial(bytes);
            return;
        }
        while (Frames.TryRead(bytes, out var frame) && bytes.Length >= frame.Header + frame.Length)
        {
            Take(client, frame, bytes.Slice(frame.Header, frame.Length), now);
            bytes = bytes[(frame.Header + frame.Length)..];
        }
        client.KeepPartial(bytes);
        if (client.IsSlow && client.Phase == Phase.Ready)
        {
            Native.Unwatch(_poll, client.Descriptor);
        }
    }

    private bool Upgrade(Client client, ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }
        if (!bytes.StartsWith("HTTP/1.1 101"u8))
        {
            throw new InvalidOperationException($"No WebSocket: {Encoding.ASCII.GetString(bytes[..end])}");
        }
        bytes = bytes[(end + 4)..];
        client.Phase = Phase.Greeting;
        Send(client, _wire.Greeting);
        return true;
    }

    private void Take(Client client, Frame frame, ReadOnlySpan<byte> body, long now)
    {
        switch (frame.Opcode)
        {
            case Frames.Close:
                throw new InvalidOperationException(
                    $"The server closed client {client.Number}, which was in the phase {client.Phase}: {Encoding.UTF8.GetString(body)}");
            case Frames.Ping:
                Send(client, Frames.Make(Frames.Pong, body));
                return;
            case Frames.Text or Frames.Binary when frame.IsLast:
                Take(client, frame.Opcode == Frames.Binary, body, now);
                return;
        }
        client.Fragments.AddRange(body);
        client.FragmentsAreBinary |= frame.Opcode == Frames.Binary;
        if (frame.IsLast)
        {
            Take(client, client.FragmentsAreBinary, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(client.Fragments), now);
            client.Fragments.Clear();
            client.FragmentsAreBinary = false;
        }
    }

    private void Take(Client client, bool binary, ReadOnlySpan<byte> message, long now)
    {
        while (message.Length > 0)
        {
            Counts = (Counts.Reads, Counts.Messages + 1);
            var heard = _wire.Read(binary, ref message, out var said, out var reply);
            if (reply is not null)
            {
                Send(client, reply);
            }
            switch (heard)
            {
                case Heard.Said:
                    Hear(client, said, now);
                    break;
                case Heard.Welcome:
                    client.Phase = Phase.Joining;
                    Join(client);
                    break;
                case Heard.Joined:
                    client.Joins = (client.Joins.Asked, client.Joins.Joined + 1);
                    Join(client);
                    break;
                case Heard.Refused:
                    throw new InvalidOperationException($"Client {client.Number} got what it did not ask for: {Encoding.UTF8.GetString(said)}");
            }
        }
    }

    /// <summary>Asks to join what it is not in yet, some rooms at a time.</summary>
    private void Join(Client client)
    {
        var (asked, joined) = client.Joins;
        for (; asked < client.Rooms.Count && asked < joined + JoinsAtOnce; asked++)
        {
            Send(client, _wire.Join(asked, client.Rooms[asked]));
        }
        client.Joins = (asked, joined);
        if (joined == client.Rooms.Count)
        {
            client.Phase = Phase.Ready;
        }
    }

    private void Hear(Client client, ReadOnlySpan<byte> said, long now)
    {
        if (!Payload.TryRead(said, _plan.PayloadBytes, out var stream, out var number, out var sent))
        {
            Deliveries.Broken++;
            return;
        }
        var isLast = Deliveries.Take(client.Number, stream, number, sent, now);
        if ((uint)stream >= (uint)_streams.Count)
        {
            return;
        }
        var publisher = _streams[stream].Publisher;
        if (publisher.HearsItself ? publisher.Client == client : isLast)
        {
            publisher.Out--;
            Fill(publisher);
        }
    }

    private void Fill(Publisher publisher)
    {
        while (_speaking && _plan.Rate == 0 && publisher.Out < _plan.Window)
        {
            Say(publisher);
        }
    }

    private void Say(Publisher publisher)
    {
        var stream = publisher.NextStream();
        var room = stream.NextRoom;
        Payload.Write(_payload, stream.Id, stream.Send(), Stopwatch.GetTimestamp());
        publisher.Out++;
        Send(publisher.Client, _frame.AsSpan(0, _wire.Say(_frame, room, _payload, _plan.Binary)));
    }

    private void Send(Client client, ReadOnlySpan<byte> bytes)
    {
        var hadUnsent = client.HasUnsent;
        if (client.Send(bytes) && !hadUnsent)
        {
            Native.Watch(_poll, client.Descriptor, client.Number, writable: true, isNew: false);
        }
    }
}
