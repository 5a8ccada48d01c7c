using System.Buffers;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>The first byte of each message on a link. Values are on the wire and never change their meaning.</summary>
internal enum LinkPacketType : byte
{
    /// <summary>To the directory: a namespace, and a <see cref="WorkerMessage"/> for its home.</summary>
    Worker = 1,

    /// <summary>From the directory: a namespace, and a <see cref="HomeMessage"/> of its home.</summary>
    Home = 2,

    /// <summary>Both ways: a <see cref="ServerMessage"/>.</summary>
    Server = 3,

    /// <summary>To the directory: which servers are there? With a number that the answer bears.</summary>
    ListServers = 4,

    /// <summary>From the directory: the servers.</summary>
    Servers = 5,

    /// <summary>To the directory, from a supervisor: a process is dead. With a number that the answer bears.</summary>
    ReportDeath = 6,

    /// <summary>From the directory: every home has taken note.</summary>
    DeathReported = 7,
}

/// <summary>One message on its way out: encoded only by the link's writer.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Namespace">Whose home it is for or from; else null.</param>
/// <param name="Content">The message, the list of servers, or the dead process; else null.</param>
/// <param name="Correlation">What pairs a question with its answer; else 0.</param>
/// <param name="Size">What it counts for in a queue, in bytes.</param>
internal readonly record struct LinkPacket(LinkPacketType Type, string? Namespace, object? Content, long Correlation, long Size)
{
    private const int SmallSize = 64;
    private const int DescriptionSize = 128;

    public static LinkPacket Of(string @namespace, WorkerMessage message) => new(LinkPacketType.Worker, @namespace, message, 0, MessageSize.Of(message));

    public static LinkPacket Of(string @namespace, HomeMessage message) => new(LinkPacketType.Home, @namespace, message, 0, MessageSize.Of(message));

    public static LinkPacket Of(ServerMessage message) => new(LinkPacketType.Server, null, message, 0, MessageSize.Of(message));

    public static LinkPacket ListServers(long correlation) => new(LinkPacketType.ListServers, null, null, correlation, SmallSize);

    public static LinkPacket Servers(long correlation, IReadOnlyList<ServerDescription> servers) =>
        new(LinkPacketType.Servers, null, servers, correlation, SmallSize + (DescriptionSize * (long)servers.Count));

    public static LinkPacket ReportDeath(long correlation, ServerId process) => new(LinkPacketType.ReportDeath, null, process, correlation, SmallSize);

    public static LinkPacket DeathReported(long correlation) => new(LinkPacketType.DeathReported, null, null, correlation, SmallSize);

    /// <summary>Writes it in the form of a version.</summary>
    public void Write(IBufferWriter<byte> output, byte version)
    {
        var writer = new WireWriter(output, version);
        writer.Byte((byte)Type);
        switch (Type)
        {
            case LinkPacketType.Worker:
                writer.Name(Namespace!);
                writer.Complete();
                MessageCodec.Write(output, (WorkerMessage)Content!, version);
                return;
            case LinkPacketType.Home:
                writer.Name(Namespace!);
                writer.Complete();
                MessageCodec.Write(output, (HomeMessage)Content!, version);
                return;
            case LinkPacketType.Server:
                writer.Complete();
                MessageCodec.Write(output, (ServerMessage)Content!, version);
                return;
            case LinkPacketType.Servers:
                writer.Long(Correlation);
                var servers = (IReadOnlyList<ServerDescription>)Content!;
                writer.Count(servers.Count);
                foreach (var server in servers)
                {
                    ServerMessageCodec.WriteDescription(ref writer, server);
                }
                break;
            case LinkPacketType.ReportDeath:
                writer.Long(Correlation);
                writer.Server((ServerId)Content!);
                break;
            default:
                writer.Long(Correlation);
                break;
        }
        writer.Complete();
    }

    /// <summary>A name that came before on the same link is not made into a string again.</summary>
    public sealed class Names
    {
        private const int Most = 32;

        private readonly List<(byte[] Bytes, string Name)> _known = [];

        /// <summary>Reads a namespace's name.</summary>
        public string Read(ref WireReader reader)
        {
            var position = reader.Position;
            var bytes = reader.Block().Span;
            foreach (var (known, name) in _known)
            {
                if (bytes.SequenceEqual(known))
                {
                    return name;
                }
            }
            var added = WireReader.Decode(bytes, position);
            if (_known.Count < Most)
            {
                _known.Add((bytes.ToArray(), added));
            }
            return added;
        }
    }
}
