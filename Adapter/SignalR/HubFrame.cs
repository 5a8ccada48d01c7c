using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.SignalR;

/// <summary>A message in the bytes of one hub protocol, made once per server and shared by all connections that speak it.</summary>
internal sealed class HubFrame(string protocol, ReadOnlyMemory<byte> bytes, bool isVolatile)
{
    private SerializedHubMessage? _message;

    /// <summary>None where the protocol cannot express the packet: nothing is sent.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>Whether it may be dropped for a client that is slow.</summary>
    public bool IsVolatile { get; } = isVolatile;

    /// <summary>The same bytes as the framework takes them. Two threads may make it at once; either will do.</summary>
    public SerializedHubMessage Message => _message ??= new SerializedHubMessage([new SerializedMessage(protocol, Bytes)]);
}
