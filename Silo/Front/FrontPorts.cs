using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Silo.Front;

/// <summary>The ports that clients connect to: the front's own, and, where they are asked for, one for each worker slot.</summary>
internal static class FrontPorts
{
    /// <summary>Binds all ports before any process is started. Slot 0 is the front's own port. Nothing is accepted yet.</summary>
    /// <exception cref="PrimaryException">One cannot be had; the message names it.</exception>
    public static List<(Socket Socket, int Slot)> Bind(FrontAddress address)
    {
        List<(Socket Socket, int Slot)> sockets = [];
        try
        {
            foreach (var slot in address.Ports)
            {
                sockets.Add((Bind(address.EndPointOf(slot), slot == 0 ? "the front" : $"worker-{slot}"), slot));
            }
            return sockets;
        }
        catch
        {
            sockets.ForEach(bound => bound.Socket.Dispose());
            throw;
        }
    }

    /// <summary>Finds out before any process is started whether a child will be able to listen there.</summary>
    /// <exception cref="PrimaryException">It will not; the message names the option.</exception>
    public static void CheckIsFree(IPEndPoint endPoint, string option)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endPoint);
            socket.Listen();
        }
        catch (SocketException exception)
        {
            throw new PrimaryException($"{option} {endPoint}: {exception.Message}");
        }
    }

    private static Socket Bind(IPEndPoint endPoint, string who)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }
            socket.Bind(endPoint);
            socket.Listen(FrontLimits.Backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new PrimaryException(
                exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"port {endPoint.Port} is in use, and {who} needs it: choose another --port"
                    : $"{who} cannot listen on {endPoint}: {exception.Message}");
        }
    }
}
