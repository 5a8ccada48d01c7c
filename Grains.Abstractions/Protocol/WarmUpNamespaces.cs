namespace OrleansAdapter.Protocol;

/// <summary>
/// The namespaces in which a process warms itself up: unlike all others, their names do not begin with a slash, so nobody else can be in them; each process
/// has its own. They are not shown anywhere.
/// </summary>
internal static class WarmUpNamespaces
{
    private const string Prefix = "warm-up,";

    /// <summary>What the names of one process's begin with.</summary>
    public static string NewPrefix() => $"{Prefix}{Guid.NewGuid():N},";

    /// <summary>Whether a namespace is one of them.</summary>
    public static bool Is(string @namespace) => @namespace.StartsWith(Prefix, StringComparison.Ordinal);
}
