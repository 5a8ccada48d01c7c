using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Testing;

/// <summary>
/// Ports for those who can listen at a given one only: silos, primaries, databases. They lie below the ones that the system gives to whoever asks for any, or
/// connects somewhere; no other process that takes its ports here gets the same; and one is not given out again before all others were.
/// </summary>
internal static class FreePorts
{
    private const int First = 10_000;
    private const int Blocks = 20;
    private const int BlockSize = 1_000;

    private static readonly Lock Lock = new();

    /// <summary>Listens at the first port of the block that is this process's, as long as the process lives.</summary>
    private static Socket? _claim;

    private static int _block;
    private static int _given;

    public static int Take() => TakeRun(1);

    /// <summary>Takes several, all different.</summary>
    public static int[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Take())];

    /// <summary>Takes several that follow each other, and returns the first.</summary>
    public static int TakeRun(int length)
    {
        lock (Lock)
        {
            _claim ??= Claim();
            for (var tries = 0; tries < BlockSize; tries++)
            {
                if (_given + length >= BlockSize)
                {
                    _given = 0;
                }
                var first = _block + 1 + _given;
                _given += length;
                if (Enumerable.Range(first, length).All(IsFree))
                {
                    return first;
                }
            }
            throw new InvalidOperationException($"Of the ports {_block} to {_block + BlockSize - 1}, no {length} in a row are free.");
        }
    }

    /// <summary>Takes a block that no other process has: another each time, so that what a killed one left over is in nobody's way.</summary>
    private static Socket Claim()
    {
        var start = Random.Shared.Next(Blocks);
        for (var i = 0; i < Blocks; i++)
        {
            _block = First + ((start + i) % Blocks * BlockSize);
            if (TryListen(_block) is { } claim)
            {
                return claim;
            }
        }
        throw new InvalidOperationException(
            $"No ports are left for tests: {Blocks} processes have taken theirs between {First} and {First + (Blocks * BlockSize) - 1}.");
    }

    private static bool IsFree(int port)
    {
        using var socket = TryListen(port);
        return socket is not null;
    }

    /// <summary>Listens at a port of all addresses; null where somebody listens there, at one of them or at all.</summary>
    private static Socket? TryListen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
