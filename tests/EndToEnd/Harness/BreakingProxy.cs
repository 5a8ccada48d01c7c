using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// A network that a test can break: passes TCP connections on to a port, which may change between one connection and the next, cuts them, wherever the test
/// says, or leaves the server with one whose other end is gone.
/// </summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly Task _accepting;
    private long _cutAfter = -1;
    private int _target;

    public BreakingProxy(int target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");
        _accepting = AcceptAsync();
    }

    public string Url { get; }

    /// <summary>The port to which the next connections lead.</summary>
    public int Target
    {
        get => Volatile.Read(ref _target);
        set => Volatile.Write(ref _target, value);
    }

    /// <summary>The connections that the server closed, by their number.</summary>
    public EventLog<int> ClosedByServer { get; } = new("the proxy");

    /// <summary>How many bytes the next connection lets through from the server before it breaks; how many came so far.</summary>
    public void CutNextAfter(long bytes) => Volatile.Write(ref _cutAfter, bytes);

    /// <summary>Whether the connection that was to be cut has been.</summary>
    public bool HasCut => Volatile.Read(ref _cutAfter) < 0;

    /// <summary>Resets all connections, at both ends. Those to come lead to a port.</summary>
    public void Break(int target)
    {
        Target = target;
        foreach (var link in _links.Keys)
        {
            link.Break();
        }
    }

    /// <summary>Resets all connections at the client's end alone: the server hears nothing of it, and what it sends is lost.</summary>
    public void BreakUnnoticed(int target)
    {
        Target = target;
        foreach (var link in _links.Keys)
        {
            link.BreakClient();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Break(Target);
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var number = 0;
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync();
                _ = PassAsync(client, number++);
            }
        }
        catch (SocketException)
        {
            // The listener is closed.
        }
        catch (ObjectDisposedException)
        {
            // The same.
        }
    }

    private async Task PassAsync(Socket client, int number)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        using var link = new Link(client, server);
        _links[link] = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Target);
            var up = CopyAsync(client, server, link, fromServer: false);
            await CopyAsync(server, client, link, fromServer: true);
            if (!link.IsBroken)
            {
                ClosedByServer.Add(number);
            }
            link.Break();
            await up;
        }
        catch (SocketException)
        {
            link.Break(); // the worker is not there
        }
        finally
        {
            _links.TryRemove(link, out _);
        }
    }

    /// <summary>Passes on what comes until there is no more; what comes from the server for a client that is gone, is lost.</summary>
    private async Task CopyAsync(Socket from, Socket to, Link link, bool fromServer)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                if (fromServer && Volatile.Read(ref _cutAfter) is var left and >= 0)
                {
                    count = (int)Math.Min(count, left);
                    if (count > 0)
                    {
                        await to.SendAsync(buffer.AsMemory(0, count));
                    }
                    Volatile.Write(ref _cutAfter, left - count);
                    if (left == count)
                    {
                        Volatile.Write(ref _cutAfter, -1);
                        link.Break();
                        return;
                    }
                }
                else if (!(fromServer && link.IsClientGone))
                {
                    await to.SendAsync(buffer.AsMemory(0, count));
                }
            }
            if (!fromServer && !link.IsClientGone)
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            if (!link.IsClientGone)
            {
                link.Break();
            }
        }
    }

    private sealed class Link(Socket client, Socket server) : IDisposable
    {
        private volatile bool _isBroken;
        private volatile bool _isClientGone;

        public bool IsBroken => _isBroken;

        public bool IsClientGone => _isClientGone;

        public void Break()
        {
            _isBroken = true;
            BreakClient();
            Reset(server);
        }

        public void BreakClient()
        {
            _isClientGone = true;
            Reset(client);
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }

        private static void Reset(Socket socket) => socket.Close(0);
    }
}
