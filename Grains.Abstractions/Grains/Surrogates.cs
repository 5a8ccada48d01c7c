using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>A <see cref="ServerId"/> as Orleans carries it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.ServerId")]
internal struct ServerIdSurrogate
{
    [Id(0)]
    public ulong Bits;
}

/// <inheritdoc cref="ServerIdSurrogate"/>
[RegisterConverter]
internal sealed class ServerIdConverter : IConverter<ServerId, ServerIdSurrogate>
{
    public ServerId ConvertFromSurrogate(in ServerIdSurrogate surrogate) => ServerId.FromBits(surrogate.Bits);

    public ServerIdSurrogate ConvertToSurrogate(in ServerId value) => new() { Bits = value.Bits };
}

/// <summary>A <see cref="SocketId"/> as Orleans carries it: its 15 bytes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.SocketId")]
internal struct SocketIdSurrogate
{
    [Id(0)]
    public byte[] Bytes;
}

/// <inheritdoc cref="SocketIdSurrogate"/>
[RegisterConverter]
internal sealed class SocketIdConverter : IConverter<SocketId, SocketIdSurrogate>
{
    public SocketId ConvertFromSurrogate(in SocketIdSurrogate surrogate) =>
        surrogate.Bytes is { Length: SocketId.ByteLength } bytes ? SocketId.Read(bytes) : default;

    public SocketIdSurrogate ConvertToSurrogate(in SocketId value)
    {
        var bytes = new byte[SocketId.ByteLength];
        value.Write(bytes);
        return new SocketIdSurrogate { Bytes = bytes };
    }
}
