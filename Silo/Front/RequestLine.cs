namespace OrleansAdapter.Silo.Front;

/// <summary>What the first bytes of a connection are.</summary>
internal enum FirstBytes
{
    /// <summary>More bytes are needed to tell.</summary>
    Incomplete,

    /// <summary>An HTTP request, or something that an HTTP server answers with a better error than the front could.</summary>
    Http,

    /// <summary>A TLS handshake.</summary>
    Tls,

    /// <summary>Neither HTTP nor TLS.</summary>
    Nonsense,
}

/// <summary>
/// Reads the first line of a request for the server that it names: an Engine.IO session (<c>sid</c>) and a SignalR connection token (<c>id</c>) begin with
/// the id of the server that gave them. Only the query is looked at, never headers or cookies, and a connection's first request speaks for all that follow.
/// </summary>
internal static class RequestLine
{
    /// <summary>How many bytes are looked at. A longer line goes to a worker, which refuses it.</summary>
    public const int Longest = 8 << 10;

    private const byte TlsHandshake = 0x16;
    private const int LongestMethod = 32;

    /// <summary>Tells what the first bytes of a connection are, and which server the request names.</summary>
    /// <param name="bytes">Its first bytes, up to <see cref="Longest"/>.</param>
    /// <param name="server">The process of the server that is named; none where there is no such name.</param>
    public static FirstBytes Read(ReadOnlySpan<byte> bytes, out ServerId server)
    {
        server = default;
        if (bytes.IsEmpty)
        {
            return FirstBytes.Incomplete;
        }
        if (bytes[0] == TlsHandshake)
        {
            return FirstBytes.Tls;
        }
        var method = bytes.IndexOfAnyExceptInRange((byte)'A', (byte)'Z');
        if (method < 0)
        {
            return bytes.Length <= LongestMethod ? FirstBytes.Incomplete : FirstBytes.Nonsense;
        }
        if (method is 0 or > LongestMethod || bytes[method] != ' ')
        {
            return FirstBytes.Nonsense;
        }
        var target = bytes[(method + 1)..];
        if (target.IndexOfAnyInRange((byte)0, (byte)' ') is var end and >= 0)
        {
            target = target[..end];
        }
        else if (bytes.Length < Longest)
        {
            return FirstBytes.Incomplete;
        }
        server = ServerIn(target);
        return FirstBytes.Http;
    }

    /// <summary>Returns the server that the query of a request's target names; none where it names no server.</summary>
    public static ServerId ServerIn(ReadOnlySpan<byte> target)
    {
        var query = target[(target.IndexOf((byte)'?') + 1)..];
        if (query.Length == target.Length)
        {
            return default;
        }
        Span<char> text = stackalloc char[ServerId.TextLength];
        foreach (var range in query.Split((byte)'&'))
        {
            var field = query[range];
            var value = field.StartsWith("sid="u8) ? field[4..] : field.StartsWith("id="u8) ? field[3..] : default;
            if (value.Length >= ServerId.TextLength)
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = (char)value[i];
                }
                if (ServerId.TryParse(text, out var server))
                {
                    return server.Process;
                }
            }
        }
        return default;
    }
}
