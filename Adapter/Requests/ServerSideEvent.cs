using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter;

/// <summary>An event that another server sent to this one.</summary>
public sealed class ServerSideEvent
{
    private readonly Packet _packet;
    private readonly JsonSerializerOptions _options;

    internal ServerSideEvent(Packet packet, ServerId sender, JsonSerializerOptions options)
    {
        (_packet, Sender, _options) = (packet, sender, options);
        using var document = JsonDocument.Parse(packet.Arguments);
        Arguments = [.. document.RootElement.EnumerateArray().Select(argument => argument.Clone())];
    }

    /// <summary>The event's name.</summary>
    public string Name => _packet.Event;

    /// <summary>The server that sent it.</summary>
    public ServerId Sender { get; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<JsonElement> Arguments { get; }

    /// <summary>An argument as a type.</summary>
    /// <exception cref="JsonException">The argument is of another shape.</exception>
    public T? Argument<T>(int index) => Arguments[index].Deserialize<T>(_options);
}
