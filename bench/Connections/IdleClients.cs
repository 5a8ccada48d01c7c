using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansAdapter.Bench.Connections;

/// <summary>Connections that do nothing, in a process of their own.</summary>
internal sealed class IdleClients : IDisposable
{
    /// <summary>The kind of clients that read what they are sent, and drop it.</summary>
    public const string Reading = "socket.io-reading";

    /// <summary>What a browser sends, more or less.</summary>
    private const string Headers =
        "Host: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n"
        + "Pragma: no-cache\r\nCache-Control: no-cache\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n"
        + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

    private readonly Process _process;

    private IdleClients(Process process) => _process = process;

    public static async Task<IdleClients> StartAsync(string kind, int port, int count)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(IdleClients).Assembly.Location);
        }
        foreach (var argument in new[] { "connections-role", kind, port.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }
        var process = Process.Start(start)!;
        return await process.StandardOutput.ReadLineAsync() == "open"
            ? new IdleClients(process)
            : throw new InvalidOperationException("The clients could not connect.");
    }

    /// <summary>Opens connections; returns when the server has answered to all.</summary>
    public static async Task<List<Socket>> OpenAsync(string kind, int port, int count)
    {
        var path = kind == "bare" ? "/bare" : "/socket.io/?EIO=4&transport=websocket";
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\n{Headers}\r\n");
        List<Socket> sockets = [];
        var buffer = new byte[4096];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(request);
            if (kind == "bare")
            {
                await UntilAsync(socket, buffer, "\r\n\r\n");
                continue;
            }
            await UntilAsync(socket, buffer, "maxPayload");
            if (kind == "engine.io")
            {
                continue;
            }
            // A frame with "40", masked with zeros.
            await socket.SendAsync(new byte[] { 0x81, 0x82, 0, 0, 0, 0, (byte)'4', (byte)'0' });
            await UntilAsync(socket, buffer, "40{\"sid\"");
        }
        return sockets;
    }

    /// <summary>Reads what the server sends to a client, until the connection ends.</summary>
    public static async Task DrainAsync(Socket socket)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task UntilAsync(Socket socket, byte[] buffer, string text)
    {
        var read = "";
        while (!read.Contains(text, StringComparison.Ordinal))
        {
            var length = await socket.ReceiveAsync(buffer);
            read += length > 0 ? Encoding.Latin1.GetString(buffer, 0, length) : throw new InvalidOperationException($"The server hung up: {read}");
        }
    }
}
