using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.Fuzz;

/// <summary>The first bytes of a connection. What a part of them has decided, the whole decides alike.</summary>
internal sealed class RequestLines : Target
{
    public override string Name => "requestline";

    public override IReadOnlyList<byte[]> Words => [Bytes("GET "), Bytes("?sid="), Bytes("&id="), Bytes(" HTTP/1.1\r\n"), Bytes("AAAAAAAB"), Bytes("%20")];

    protected override int Least => 30;

    public override IEnumerable<byte[]> Seeds() =>
    [
        [20, .. Bytes("GET /socket.io/?EIO=4&transport=polling&sid=Zx3bAAAB0123456789ab HTTP/1.1\r\nHost: a\r\n\r\n")],
        [9, .. Bytes("POST /hub?id=AbCdEfGh.token HTTP/1.1\r\n")], [3, 0x16, 3, 1, 2, 0], [1, .. Bytes("\0\0")], [5, .. Bytes("CONNECT")],
    ];

    /// <summary>The first byte says where it is cut.</summary>
    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        ReadOnlySpan<byte> bytes = input.AsSpan(1);
        var whole = RequestLine.Read(bytes, out var server);
        Check(server == server.Process, "A life is named, where a process is to be.");
        Check(whole == FirstBytes.Http || server == default, $"{whole} names a server.");
        var part = RequestLine.Read(bytes[..Math.Min(input[0], bytes.Length)], out var first);
        Check(part == FirstBytes.Incomplete || (part == whole && first == server), $"A part of it is {part} for {first}, the whole is {whole} for {server}.");
    }
}
