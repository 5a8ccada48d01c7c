using System.Net.Sockets;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Looks whether the workers will be able to listen, before anything is started.</summary>
internal static class Ports
{
    /// <exception cref="PrimaryException">A port cannot be had; the message names it.</exception>
    public static void Check(PrimaryOptions options)
    {
        for (var number = 1; number <= options.Workers; number++)
        {
            var endPoint = options.EndPointOf(number);
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(endPoint);
                socket.Listen();
            }
            catch (SocketException exception)
            {
                throw new PrimaryException(
                    exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                        ? $"port {endPoint.Port} is in use, and worker-{number} needs it: choose another --port"
                        : $"worker-{number} cannot listen on {endPoint}: {exception.Message}");
            }
        }
    }
}
