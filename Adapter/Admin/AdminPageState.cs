using System.Buffers;
using System.Text.Json;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Admin;

/// <summary>A page that is connected: what it is told, in an order in which it can follow. For the holder of the console's lock.</summary>
internal sealed class AdminPageState(SocketIOSocket socket)
{
    /// <summary>How many news may wait until the page has been told what there is.</summary>
    private const int MostHeld = 20_000;

    /// <summary>The most that a page is told of sockets at once.</summary>
    private const int MostBytes = 16 << 20;

    /// <summary>What came while the page is being told what there is; null where it is not.</summary>
    private List<(string Server, long First, JsonElement News, int Known)>? _held;

    private int _heldNews;
    private bool _isIncomplete;

    public SocketIOSocket Socket { get; } = socket;

    /// <summary>Whether it is told everything anew soon.</summary>
    public bool IsToBeShownAgain { get; set; }

    /// <summary>Begins to hold back news; false where they are held already, and the state will be told.</summary>
    public bool Hold()
    {
        if (_held is not null)
        {
            _isIncomplete = true;
            return false;
        }
        (_held, _heldNews, _isIncomplete) = ([], 0, false);
        return true;
    }

    /// <summary>Tells it all sockets, and the news that are not in that.</summary>
    /// <returns>Whether something was missed meanwhile, so that it has to be told again.</returns>
    public bool Show(IReadOnlyCollection<WatchSnapshot> snapshots)
    {
        var shown = 0;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var one in snapshots.SelectMany(snapshot => snapshot.Sockets).TakeWhile(_ => buffer.WrittenCount + writer.BytesPending < MostBytes))
            {
                writer.WriteRawValue(one.Span, skipInputValidation: true);
                shown++;
            }
            writer.WriteEndArray();
        }
        Socket.Emit("all_sockets", Value(buffer.WrittenMemory));
        if (snapshots.Sum(snapshot => snapshot.Sockets.Count) is var all && shown < all)
        {
            string[] what = ["(not all is shown)", $"{shown} of the {all} sockets that the servers show: all together would be more than 16 MB"];
            Socket.Emit("event_sent", Socket.Namespace.Name, "", what, Socket.Namespace.Server.Time.GetUtcNow().UtcDateTime);
        }
        var last = snapshots.GroupBy(snapshot => snapshot.Server, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.Max(snapshot => snapshot.Last), StringComparer.Ordinal);
        var held = _held ?? [];
        _held = null;
        foreach (var (server, first, news, known) in held)
        {
            Emit(news, (int)Math.Max(known, last.GetValueOrDefault(server) - first + 1));
        }
        return _isIncomplete;
    }

    /// <summary>Tells it what a server told.</summary>
    /// <param name="server">The server.</param>
    /// <param name="first">The number of the first news.</param>
    /// <param name="news">The news.</param>
    /// <param name="known">How many of them it knows already.</param>
    public void Tell(string server, long first, JsonElement news, int known)
    {
        if (_held is null)
        {
            Emit(news, known);
        }
        else if (_heldNews < MostHeld)
        {
            _held.Add((server, first, news, known));
            _heldNews += news.GetArrayLength();
        }
        else
        {
            _isIncomplete = true;
        }
    }

    private void Emit(JsonElement news, int from)
    {
        foreach (var one in news.EnumerateArray().Skip(from))
        {
            var arguments = one.EnumerateArray().Skip(1).Select(argument => (object?)Value(JsonSerializer.SerializeToUtf8Bytes(argument))).ToArray();
            Socket.Emit(one[0].GetString()!, arguments);
        }
    }

    private static SocketIOValue Value(ReadOnlyMemory<byte> json) => new(json, new Range(0, json.Length), [], []);
}
