using System.Net.Sockets;
using System.Text;

namespace OrleansAdapter.Hosting;

/// <summary>A client of a warm-up: says bytes that are made once, over a WebSocket, and of what comes it looks for one text at a time.</summary>
internal sealed class WarmUpClient(Socket socket, IWarmUpFront front) : IDisposable
{
    private const byte LastOfText = 0x81;
    private const byte Masked = 0x80;
    private const byte LongestShort = 125;

    private readonly byte[] _saying = Frame(front.Saying);
    private readonly byte[] _buffer = new byte[8192];
    private int _start;
    private int _end;

    /// <summary>Opens the WebSocket and greets; returns when it has been let in.</summary>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await SendAsync(
            Encoding.ASCII.GetBytes(
                $"GET {front.Path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            cancellationToken).ConfigureAwait(false);
        await HearAsync("HTTP/1.1 101 "u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await HearAsync("\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await HearAsync(Encoding.ASCII.GetBytes(front.Opening), cancellationToken).ConfigureAwait(false);
        await SendAsync(Frame(front.Greeting), cancellationToken).ConfigureAwait(false);
        await HearAsync(Encoding.ASCII.GetBytes(front.Welcome), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says something to its room.</summary>
    public Task SayAsync(CancellationToken cancellationToken) => SendAsync(_saying, cancellationToken);

    /// <summary>Calls back for each thing that is said in its room, until the connection ends.</summary>
    public async Task ListenAsync(Action heard, CancellationToken cancellationToken)
    {
        var said = IWarmUpFront.Said.ToArray();
        while (true)
        {
            await HearAsync(said, cancellationToken).ConfigureAwait(false);
            heard();
        }
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Waits until a text has come, and goes on behind it.</summary>
    private async Task HearAsync(byte[] text, CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf(text);
            if (at >= 0)
            {
                _start += at + text.Length;
                return;
            }
            // The text may have begun at the end of what has come.
            var kept = Math.Min(_end - _start, text.Length - 1);
            _buffer.AsSpan(_end - kept, kept).CopyTo(_buffer);
            (_start, _end) = (0, kept);
            var count = await socket.ReceiveAsync(_buffer.AsMemory(kept), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                throw new IOException($"The connection to {front.Path} ended while \"{Encoding.ASCII.GetString(text)}\" was waited for.");
            }
            _end += count;
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }

    /// <summary>A message of text as a client's frame.</summary>
    private static byte[] Frame(string text)
    {
        ReadOnlySpan<byte> mask = [0x5a, 0xc3, 0x17, 0xe8];
        var body = Encoding.ASCII.GetBytes(text);
        if (body.Length > LongestShort)
        {
            throw new ArgumentException($"A client of a warm-up says at most {LongestShort} bytes at once.", nameof(text));
        }
        for (var i = 0; i < body.Length; i++)
        {
            body[i] ^= mask[i % mask.Length];
        }
        return [LastOfText, (byte)(Masked | body.Length), .. mask, .. body];
    }
}
