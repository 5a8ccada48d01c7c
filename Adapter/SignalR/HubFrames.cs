using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>Makes the frames of one hub protocol from packets: once per packet and server (<see cref="Packet.Derive"/>, with this object as the key).</summary>
internal abstract class HubFrames(string protocol, ILogger logger)
{
    /// <summary>The protocol's name.</summary>
    public string Protocol { get; } = protocol;

    /// <summary>The frame of an event.</summary>
    public HubFrame Encode(Packet packet) => new(Protocol, Try(packet, null), packet.IsVolatile);

    /// <summary>The frame of an event that asks for a result.</summary>
    public HubFrame Encode(Packet packet, string invocationId) => new(Protocol, Try(packet, invocationId), packet.IsVolatile);

    /// <summary>The frame's bytes. May throw.</summary>
    protected abstract ReadOnlyMemory<byte> Write(Packet packet, string? invocationId);

    /// <summary>The bytes; none where the protocol cannot express the packet, which comes from anywhere and may hold anything.</summary>
    private ReadOnlyMemory<byte> Try(Packet packet, string? invocationId)
    {
        try
        {
            return Write(packet, invocationId);
        }
#pragma warning disable CA1031 // Clients of other protocols are not to suffer, whatever this one threw.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            HubLog.CannotEncode(logger, packet.Event, Protocol, exception);
            return default;
        }
    }
}

/// <summary>The frames of the framework's own JSON protocol: the arguments are JSON already, the frame is put around their bytes.</summary>
/// <param name="logger">For what cannot be expressed.</param>
/// <param name="withOffset">Whether an event's place in the order is its last argument, for clients that ask for it.</param>
internal sealed class JsonHubFrames(ILogger logger, bool withOffset = false) : HubFrames("json", logger)
{
    private const byte RecordSeparator = 0x1e;
    private const int MaxDepth = 1000;

    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText InvocationId = JsonEncodedText.Encode("invocationId");
    private static readonly JsonEncodedText Target = JsonEncodedText.Encode("target");
    private static readonly JsonEncodedText Arguments = JsonEncodedText.Encode("arguments");

    protected override ReadOnlyMemory<byte> Write(Packet packet, string? invocationId)
    {
        var output = new ArrayBufferWriter<byte>(packet.Arguments.Length + (2 * packet.Event.Length) + 64);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteNumber(Type, HubProtocolConstants.InvocationMessageType);
            if (invocationId is not null)
            {
                json.WriteString(InvocationId, invocationId);
            }
            json.WriteString(Target, packet.Event);
            json.WritePropertyName(Arguments);
            var arguments = packet.Attachments.Count == 0 ? packet.Arguments : WithBase64(packet);
            if (withOffset && invocationId is null && packet.Offset is { } offset)
            {
                arguments = OffsetText.AppendTo(arguments.Span, offset);
            }
            json.WriteRawValue(arguments.Span, skipInputValidation: true);
            json.WriteEndObject();
        }
        output.Write([RecordSeparator]);
        return output.WrittenMemory;
    }

    /// <summary>The arguments with bytes as base64, as SignalR has them in JSON.</summary>
    private static ReadOnlyMemory<byte> WithBase64(Packet packet) =>
        packet.Arguments.Span is [(byte)'[', ..] && Placeholder.TryFind(packet.Arguments.Span, packet.Attachments, MaxDepth, out var placeholders)
            ? Placeholder.Replace(
                packet.Arguments.Span, new Range(0, packet.Arguments.Length), placeholders, (writer, attachment) =>
                    writer.WriteBase64StringValue(packet.Attachments[attachment].Span))
            // No array, or the application has objects of its own that look like placeholders.
            : JsonSerializer.SerializeToUtf8Bytes(NeutralValues.Read(packet));
}

/// <summary>
/// The frames of any other protocol: what the publisher sent along, or else what the protocol itself makes of the arguments as plain values.
/// </summary>
internal sealed class OtherHubFrames(IHubProtocol protocol, ILogger logger) : HubFrames(protocol.Name, logger)
{
    protected override ReadOnlyMemory<byte> Write(Packet packet, string? invocationId)
    {
        foreach (var (name, bytes) in packet.Encodings)
        {
            if (name == Protocol)
            {
                return bytes;
            }
        }
        return protocol.GetMessageBytes(new InvocationMessage(invocationId, packet.Event, NeutralValues.Read(packet)));
    }
}
