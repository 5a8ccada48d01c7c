using System.Text;

namespace OrleansAdapter.Fuzz;

/// <summary>Something that reads bytes of others, and what must hold whatever they are.</summary>
internal abstract class Target
{
    public static IReadOnlyList<Target> All { get; } =
    [
        new Puzzle(), new Frames(), new Payloads(), new SocketIOPackets(), new MessagePackPackets(), new RequestLines(), new ClusterMessages(),
        new ClusterPackets(),
    ];

    public abstract string Name { get; }

    /// <summary>What inputs are put together from, besides those that are known.</summary>
    public virtual IReadOnlyList<byte[]> Words => [];

    /// <summary>The fewest edges that a run must reach: else it fuzzes nothing.</summary>
    protected abstract int Least { get; }

    /// <summary>How many inputs are tried however slow the machine is.</summary>
    public virtual long Fewest => 2_000;

    /// <summary>Inputs to begin with.</summary>
    public abstract IEnumerable<byte[]> Seeds();

    /// <summary>
    /// Long inputs, in which one thing comes many times: what costs more than in proportion shows there only. Each runs once, and is not changed.
    /// </summary>
    public virtual IEnumerable<byte[]> Long() => [];

    /// <summary>Reads an input. Throws where something is wrong that should not be.</summary>
    public abstract void Run(byte[] input);

    /// <summary>How many bytes may be allocated for an input of this length.</summary>
    public virtual long MayAllocate(int length) => (256 << 10) + (512L * length);

    /// <summary>Whether a failure is what was looked for.</summary>
    public virtual bool IsFound(long inputs, int edges, string what) => false;

    public virtual bool Reached(int edges)
    {
        if (edges >= Least)
        {
            return true;
        }
        Console.WriteLine($"fuzz: {Name} FAILED: {edges} edges were reached; it has to be {Least} at least.");
        return false;
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }
}
