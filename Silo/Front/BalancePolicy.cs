namespace OrleansAdapter.Silo.Front;

/// <summary>How a worker is chosen for a connection that names none.</summary>
internal enum BalancePolicy
{
    /// <summary>The one with the fewest connections; in turn where several have as few.</summary>
    LeastConnection,

    /// <summary>Each in turn.</summary>
    RoundRobin,

    /// <summary>Any.</summary>
    Random,
}

/// <summary>What people call the policies.</summary>
internal static class BalancePolicies
{
    /// <summary>The policies by their names; the first is the default.</summary>
    public static readonly IReadOnlyDictionary<string, BalancePolicy> ByName = new Dictionary<string, BalancePolicy>(StringComparer.OrdinalIgnoreCase)
    {
        ["least-connection"] = BalancePolicy.LeastConnection,
        ["round-robin"] = BalancePolicy.RoundRobin,
        ["random"] = BalancePolicy.Random,
    };

    /// <summary>A policy's name.</summary>
    public static string NameOf(BalancePolicy policy) => ByName.First(named => named.Value == policy).Key;
}
