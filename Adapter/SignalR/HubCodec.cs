using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>
/// The hub protocols of one hub: turns what is published into a packet (neutral JSON, and ready encodings for what JSON cannot become), and
/// packets into frames.
/// </summary>
internal sealed class HubCodec
{
    private readonly Dictionary<string, IHubProtocol> _protocols = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HubFrames> _frames = new(StringComparer.Ordinal);
    private readonly IHubProtocol[] _encoded;
    private readonly JsonSerializerOptions _json;
    private readonly ILogger _logger;
    private readonly JsonHubFrames _withOffset;

    /// <param name="protocols">The protocols that the hub's clients may speak.</param>
    /// <param name="hubJson">How the framework's JSON protocol serialises.</param>
    /// <param name="otherJson">How arguments become JSON where that protocol is not used.</param>
    /// <param name="logger">For what a protocol cannot express.</param>
    public HubCodec(IEnumerable<IHubProtocol> protocols, JsonSerializerOptions hubJson, JsonSerializerOptions otherJson, ILogger logger)
    {
        _logger = logger;
        _withOffset = new JsonHubFrames(logger, withOffset: true);
        foreach (var protocol in protocols)
        {
            _protocols[protocol.Name] = protocol;
        }
        _encoded = [.. _protocols.Values.Where(protocol => protocol is not JsonHubProtocol)];
        _json = _encoded.Length < _protocols.Count ? hubJson : otherJson;
    }

    /// <summary>A protocol by its name; null if this server does not have it.</summary>
    public IHubProtocol? Find(string protocol) => _protocols.GetValueOrDefault(protocol);

    /// <summary>The frames of a protocol.</summary>
    public HubFrames FramesOf(IHubProtocol protocol) => _frames.GetOrAdd(
        protocol.Name,
        static (_, state) => state.protocol is JsonHubProtocol ? new JsonHubFrames(state._logger) : new OtherHubFrames(state.protocol, state._logger),
        (protocol, _logger));

    /// <summary>
    /// The same with each event's place in the order as its last argument; null where that cannot be. What publishers encode themselves, for protocols that are
    /// not JSON, takes no argument more.
    /// </summary>
    public HubFrames? FramesWithOffsetOf(IHubProtocol protocol) => protocol is JsonHubProtocol ? _withOffset : null;

    /// <summary>A packet's bytes. Each argument is serialised once for JSON, and once for each protocol that is not JSON.</summary>
    public byte[] Encode(string method, object?[] arguments, string? invocationId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentNullException.ThrowIfNull(arguments);
        var json = ArgumentsWriter.Write(arguments, _json);
        if (_encoded.Length == 0)
        {
            return PacketCodec.Encode(method, json, [], []);
        }
        var message = new InvocationMessage(invocationId, method, arguments);
        var encodings = new PacketEncoding[_encoded.Length];
        for (var i = 0; i < encodings.Length; i++)
        {
            encodings[i] = new PacketEncoding(_encoded[i].Name, _encoded[i].GetMessageBytes(message));
        }
        return PacketCodec.Encode(method, json, [], encodings);
    }
}
