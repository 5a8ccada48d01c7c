using System.Text;

namespace OrleansAdapter.EndToEnd.LiveFuzz;

/// <summary>Input that is almost right: what clients of both protocols send, changed by chance from a seed.</summary>
internal sealed class Noise(Random random)
{
    private const char RecordEnd = '\u001e';

    private static readonly string[] Packets =
    [
        "40", "40/chat,{\"token\":1}", "41", "42[\"join\",\"a\"]", "421[\"join\",\"b\"]", "42[\"say\",\"a\",{\"x\":[1,2,3]}]", "422[\"who\",\"a\"]",
        "42[\"leave\",\"a\"]",
        "423[\"whoami\"]", "431[]", "451-[\"say\",\"a\",{\"_placeholder\":true,\"num\":0}]", "44{\"message\":\"no\"}", "2probe", "3", "5", "6", "1",
    ];

    private static readonly string[] Records =
    [
        "{\"protocol\":\"json\",\"version\":1}", "{\"type\":6}", "{\"type\":7}", "{\"type\":1,\"target\":\"join\",\"arguments\":[\"a\"]}",
        "{\"type\":1,\"invocationId\":\"1\",\"target\":\"say\",\"arguments\":[\"a\",{\"x\":[1]}]}",
        "{\"type\":1,\"invocationId\":\"2\",\"target\":\"who\",\"arguments\":[\"a\"]}",
        "{\"type\":3,\"invocationId\":\"1\",\"result\":1}", "{\"type\":5,\"invocationId\":\"1\"}",
        "{\"type\":4,\"invocationId\":\"3\",\"target\":\"join\",\"arguments\":[]}",
    ];

    private static readonly string[] Requests =
    [
        "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /hub/negotiate?negotiateVersion=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAABAAAAAAAAAAAA HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n4",
        "GET / HTTP/1.1\r\nHost: a\r\nOrigin: \u0001\r\n\r\n",
        "OPTIONS /socket.io/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nx: \0\r\n\r\n",
    ];

    private static readonly string[] Parts =
        ["\"", "[", "]", "{", "}", ",", "\\ud800", "1e999", "null", "-", "/", "\u001e", "é", "\\u0000", "9007199254740993", "[[[[[[[["];

    /// <summary>A packet of Socket.IO.</summary>
    public string Packet() => Changed(Packets);

    /// <summary>A record of SignalR's JSON protocol, with its end mostly.</summary>
    public string Record() => Changed(Records) + (random.Next(20) == 0 ? "" : RecordEnd);

    /// <summary>A request.</summary>
    public string Request() => Changed(Requests);

    /// <summary>A frame of a WebSocket's client, whose header is wrong now and then.</summary>
    public byte[] Frame(string text)
    {
        var payload = random.Next(20) == 0 ? Bytes() : Encoding.UTF8.GetBytes(text);
        var head = new List<byte> { random.Next(15) == 0 ? (byte)random.Next(256) : random.Next(10) == 0 ? (byte)0x82 : (byte)0x81 };
        if (payload.Length < 126)
        {
            head.Add((byte)(0x80 | payload.Length));
        }
        else
        {
            head.AddRange([0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length]);
        }
        if (random.Next(25) == 0)
        {
            head[1] = (byte)random.Next(256);
        }
        return [.. head, 0, 0, 0, 0, .. payload];
    }

    private byte[] Bytes()
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private string Changed(string[] texts)
    {
        var text = new StringBuilder(texts[random.Next(texts.Length)]);
        for (var times = random.Next(4); times > 0; times--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(5))
            {
                case 0:
                    text.Insert(at, Parts[random.Next(Parts.Length)]);
                    break;
                case 1 when at < text.Length:
                    text.Remove(at, random.Next(Math.Min(8, text.Length - at)));
                    break;
                case 2 when at < text.Length:
                    text[at] = (char)random.Next(1, 128);
                    break;
                case 3:
                    text.Insert(at, Parts[random.Next(Parts.Length)], random.Next(1, 80));
                    break;
                default:
                    text.Append(texts[random.Next(texts.Length)]);
                    break;
            }
        }
        return text.ToString();
    }
}
