using OrleansAdapter.EngineIO;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO;

/// <content>What metrics show of its sockets.</content>
public sealed partial class SocketIOServer
{
    /// <summary>How many events metrics show by name.</summary>
    private const int ShownEvents = 200;

    private readonly BoundedNames _eventNames = new(ShownEvents);

    private static readonly string[] Transports = [WebSocketTransport.TransportName, PollingTransport.TransportName];

    IEnumerable<(string Namespace, ClientKind Kind)> ISocketSource.Sockets =>
        _namespaces.SelectMany(one => one.Value.All, (one, socket) => (one.Key, socket.Kind));

    /// <summary>The name of an event as metrics show it: clients may send any, so only those that have a handler are shown.</summary>
    internal string MetricNameOf(SocketIOSocket socket, string @event) => socket.Handles(@event) ? _eventNames.Of(@event) : BoundedNames.Other;

    IEnumerable<(string Namespace, ClientKind Kind)> ISocketSource.Expected =>
        _namespaces.SelectMany(_ => Transports, (one, transport) => (one.Key, ClientKind.SocketIO(transport)));
}
