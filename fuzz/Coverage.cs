using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansAdapter.Fuzz;

/// <summary>
/// Which branches have been taken, and about how often in one run: instrumented code counts each pair of places that follow on each other in a map.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    /// <summary>By name: an assembly that refers to it counts as instrumented already, and this one is to be.</summary>
    private static readonly Type Trace = Assembly.Load("SharpFuzz.Common").GetType("SharpFuzz.Common.Trace", throwOnError: true)!;

    private readonly FieldInfo _previous = Trace.GetField("PrevLocation")!;
    private readonly byte* _map;
    private readonly byte[] _seen = new byte[Size];

    public Coverage()
    {
        // For ever: instrumented code may run on other threads to the end.
        _map = (byte*)NativeMemory.AllocZeroed(Size);
        Trace.GetField("SharedMem")!.SetValue(null, Pointer.Box(_map, typeof(byte*)));
    }

    /// <summary>How many pairs of places have been seen.</summary>
    public int Edges { get; private set; }

    /// <summary>Forgets what earlier targets have reached.</summary>
    public void Restart()
    {
        Array.Clear(_seen);
        Edges = 0;
    }

    /// <summary>A run begins.</summary>
    public void Begin()
    {
        new Span<byte>(_map, Size).Clear();
        _previous.SetValue(null, 0);
    }

    /// <summary>Whether the run did something that none before it did, or did it more often; it has from now on.</summary>
    public bool TakeNews()
    {
        var words = new ReadOnlySpan<ulong>(_map, Size / sizeof(ulong));
        var isNew = false;
        for (var word = words.IndexOfAnyExcept(0UL); word >= 0; word = Next(words, word))
        {
            for (var i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++)
            {
                var bucket = Bucket(_map[i]);
                if ((bucket & ~_seen[i]) != 0)
                {
                    Edges += _seen[i] == 0 ? 1 : 0;
                    _seen[i] |= bucket;
                    isNew = true;
                }
            }
        }
        return isNew;
    }

    private static int Next(ReadOnlySpan<ulong> words, int word)
    {
        var next = words[(word + 1)..].IndexOfAnyExcept(0UL);
        return next < 0 ? next : next + word + 1;
    }

    /// <summary>How often counts in powers of two: a loop that goes round once more is nothing new.</summary>
    private static byte Bucket(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
