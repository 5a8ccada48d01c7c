using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Admin;

/// <summary>The figures of one server as the admin UI has them (<c>server_stats</c>), with those of SignalR's clients.</summary>
internal sealed class ServerFigures(ThisServer server, EngineServer engine)
{
    /// <summary>How many namespaces are shown.</summary>
    private const int MostNamespaces = 1000;

    private readonly long _started = server.Time.GetTimestamp();
    private EngineTraffic _traffic = new();

    /// <summary>What comes and goes is counted from now on.</summary>
    public void Begin() => engine.Traffic = _traffic = new EngineTraffic();

    /// <summary>It is not counted any more.</summary>
    public void End() => engine.Traffic = null;

    /// <summary>Takes them; what came and went is counted anew.</summary>
    /// <param name="sockets">How many sockets there are.</param>
    /// <returns>Writes their members into an object that is begun.</returns>
    public Action<Utf8JsonWriter> Take(out int sockets)
    {
        (string Name, int Sockets)[] namespaces =
        [
            .. server.Namespaces.Where(one => !AdminChannel.IsOne(one.Name)).Select(one => (one.Name, one.HeldSockets))
                .OrderByDescending(one => one.HeldSockets).Take(MostNamespaces),
        ];
        sockets = namespaces.Sum(one => one.Sockets);
        var (clients, polling) = (0, 0);
        foreach (var client in server.Draining.Clients)
        {
            clients += client.Kind is null ? 0 : 1;
            polling += client.Kind is { } kind && SocketJson.Transport(kind) == PollingTransport.TransportName ? 1 : 0;
        }
        var second = server.Time.GetUtcNow().ToUnixTimeSeconds() * 1000;
        var uptime = server.Time.GetElapsedTime(_started).TotalSeconds;
        var traffic = _traffic.Take().ToArray();
        return writer =>
        {
            writer.WriteString("serverId", server.Options.ServerName);
            writer.WriteString("hostname", Environment.MachineName);
            writer.WriteNumber("pid", Environment.ProcessId);
            writer.WriteNumber("uptime", uptime);
            writer.WriteNumber("clientsCount", clients);
            writer.WriteNumber("pollingClientsCount", polling);
            writer.WriteStartArray("aggregatedEvents");
            foreach (var (type, reason, count) in traffic)
            {
                writer.WriteStartObject();
                writer.WriteNumber("timestamp", second);
                writer.WriteString("type", type);
                if (reason is not null)
                {
                    writer.WriteString("subType", reason);
                }
                writer.WriteNumber("count", count);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteStartArray("namespaces");
            foreach (var (name, count) in namespaces)
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.WriteNumber("socketsCount", count);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        };
    }
}
