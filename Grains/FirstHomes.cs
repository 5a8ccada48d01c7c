namespace OrleansAdapter.Grains;

/// <summary>Which namespaces have had a home in this silo. The first one of each may be the first in the cluster; no later one is.</summary>
internal sealed class FirstHomes
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>True once for each namespace.</summary>
    public bool IsFirst(string @namespace)
    {
        lock (_seen)
        {
            return _seen.Add(@namespace);
        }
    }
}
