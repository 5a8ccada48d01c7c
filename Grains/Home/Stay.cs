using System.Diagnostics.CodeAnalysis;

namespace OrleansAdapter.Grains;

/// <summary>A stay of a session in a room: it gets what has a number above <see cref="Since"/>, up to <see cref="Until"/>.</summary>
internal struct Stay(LogTrack track, long since)
{
    /// <summary>What the log has for the room.</summary>
    public LogTrack Track { get; } = track;

    public long Since { get; } = since;

    public long Until { get; set; } = long.MaxValue;

    public readonly Room Room => Track.Room;

    public readonly bool Lasts => Until == long.MaxValue;

    public readonly bool Covers(long number) => number > Since && number <= Until;
}

/// <summary>The stays of one session. Most have one, in the whole namespace: that one takes no array.</summary>
internal struct StayList
{
    private Stay _first;
    private Stay[]? _more;

    public int Count { get; private set; }

    [UnscopedRef]
    public ref Stay this[int index] => ref index == 0 ? ref _first : ref _more![index - 1];

    public void Add(Stay stay)
    {
        if (Count > 0)
        {
            var used = Count - 1;
            if (_more is null || used == _more.Length)
            {
                Array.Resize(ref _more, used + 1 + (used / 4));
            }
        }
        Count++;
        this[Count - 1] = stay;
    }

    public void RemoveAt(int index)
    {
        for (var i = index + 1; i < Count; i++)
        {
            this[i - 1] = this[i];
        }
        this[Count - 1] = default;
        Count--;
    }

    public readonly StayList Copy() => this with { _more = (Stay[]?)_more?.Clone() };
}
