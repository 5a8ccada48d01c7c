using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.RateLimiting;

/// <summary>Which clients count as at one address.</summary>
/// <param name="shared">Networks whose addresses many clients share: those count as none.</param>
/// <param name="prefixLength">How many leading bits of an IPv6 address count.</param>
internal sealed class AddressKeys(IReadOnlyList<IPNetwork> shared, int prefixLength)
{
    /// <summary>An address, or a network with the length of its prefix.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = Single(address);
            return true;
        }
        return IPNetwork.TryParse(text, out network);
    }

    /// <summary>The network that has this address alone.</summary>
    public static IPNetwork Single(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);

    /// <summary>What stands for all clients at this address; null where it is none of a client, or not known.</summary>
    public UInt128? Of(IPAddress? address)
    {
        if (address is null)
        {
            return null;
        }
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (IPAddress.IsLoopback(address) || IsShared(address))
        {
            return null;
        }
        Span<byte> bytes = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            address.TryWriteBytes(bytes, out _);
            return BinaryPrimitives.ReadUInt128BigEndian(bytes) & (UInt128.MaxValue << (128 - prefixLength));
        }
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private bool IsShared(IPAddress address)
    {
        foreach (var network in shared)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }
}
