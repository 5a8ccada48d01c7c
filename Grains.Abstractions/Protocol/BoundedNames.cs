using System.Collections.Concurrent;

namespace OrleansAdapter.Protocol;

/// <summary>
/// Names as metrics show them: the first so many as they are, all others as <c>other</c>, because each makes time series of its own, which stay. Safe under
/// threads; a name that is known costs no memory.
/// </summary>
/// <param name="most">How many names are shown.</param>
internal sealed class BoundedNames(int most)
{
    /// <summary>How many namespaces metrics show by name.</summary>
    public const int Namespaces = 100;

    /// <summary>What all other names are.</summary>
    public const string Other = "other";

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The name, or <c>other</c>.</summary>
    public string Of(string name)
    {
        if (_names.TryGetValue(name, out var known))
        {
            return known;
        }
        if (Volatile.Read(ref _count) >= most)
        {
            return Other;
        }
        // Several threads may add one each beyond the bound, and no more.
        if (_names.TryAdd(name, name))
        {
            Interlocked.Increment(ref _count);
        }
        return name;
    }
}
