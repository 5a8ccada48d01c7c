using System.Text;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

/// <summary>Makes inputs that are broken, or nearly right, from a seed.</summary>
internal sealed class BrokenInput(int seed)
{
    private static readonly string[] Good =
    [
        "0", "0{}", "0/admin,{\"token\":\"123\"}", "1", "1/admin,", "2[\"hello\",1,\"2\",{\"3\":[true]}]", "2/admin,12[\"hello\",null]", "30[]",
            "3/a,13[1,\"x\"]",
        "4{\"message\":\"no\"}", "51-[\"a\",{\"_placeholder\":true,\"num\":0}]",
            "52-/admin,7[\"a\",{\"_placeholder\":true,\"num\":1},{\"x\":[{\"num\":0,\"_placeholder\":true}]}]",
        "61-3[{\"_placeholder\":true,\"num\":0}]", "2[\"say\",\"room\",\"text\"]", "2[\"join\",\"room\"]", "21[\"who\",\"room\"]",
    ];

    private static readonly string[] Pieces =
    [
        "[", "]", "{", "}", "\"", ",", ":", "-", "/", "0", "1", "9", "99999999999999999999", "null", "true", "_placeholder", "\"num\":0", "\\ud800",
            "\\", "\u001e", "b", "4", "2probe", "5", "6", " ",
        "\"connect\"", "\"disconnect\"", "\"newListener\"", Deep("["), Deep("{\"a\":"), "/nowhere,", "1e999", "-0", "\u0000", "€", "\ud83d\ude00",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "{\"_placeholder\":true,\"num\":0}", "11-", "0-",
    ];

    private readonly Random _random = new(seed);

    /// <summary>Deeper than JSON may be.</summary>
    private static string Deep(string level) => string.Concat(Enumerable.Repeat(level, 500));

    public int Next(int limit) => _random.Next(limit);

    /// <summary>A text packet of Socket.IO, or what may be taken for one.</summary>
    public byte[] Text()
    {
        var text = Good[_random.Next(Good.Length)];
        for (var changes = _random.Next(4); changes > 0; changes--)
        {
            text = Change(text);
        }
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 0 && _random.Next(20) == 0)
        {
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
        }
        return bytes;
    }

    public byte[] Bytes()
    {
        var bytes = new byte[_random.Next(40)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Change(string text)
    {
        var at = _random.Next(text.Length + 1);
        var length = _random.Next(Math.Min(6, text.Length - at) + 1);
        return _random.Next(6) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Pieces[_random.Next(Pieces.Length)]),
            2 => text.Remove(at, length).Insert(at, Pieces[_random.Next(Pieces.Length)]),
            3 => text[..at],
            4 => text + Good[_random.Next(Good.Length)],
            _ => text.Insert(at, text[at..(at + length)]),
        };
    }
}
