using System.Net;
using System.Net.Sockets;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Silo;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.EndToEnd.Front;

/// <summary>Which ports a primary takes.</summary>
public sealed class FrontPortsTests
{
    [Fact]
    public void The_front_takes_its_own_port_alone_unless_asked_for_one_for_each_worker()
    {
        var port = RunningCluster.FreePort();
        using var busy = new TcpListener(IPAddress.Loopback, port + 2);
        busy.Start();

        Assert.Equal([(port, 0)], Bound(workerPorts: false));
        var exception = Assert.Throws<PrimaryException>(() => Bound(workerPorts: true));
        Assert.Contains($"port {port + 2} is in use, and worker-2 needs it", exception.Message, StringComparison.Ordinal);
        busy.Stop();
        Assert.Equal([(port, 0), (port + 1, 1), (port + 2, 2)], Bound(workerPorts: true));

        List<(int Port, int Slot)> Bound(bool workerPorts)
        {
            var bound = FrontPorts.Bind(new FrontAddress(IPAddress.Loopback, port, 2, workerPorts));
            List<(int, int)> ports = [.. bound.Select(each => (Port(each.Socket), each.Slot))];
            bound.ForEach(each => each.Socket.Dispose());
            return ports;
        }
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
