namespace OrleansAdapter.Grains;

/// <summary>How long a server may be silent: what it asks for, within bounds, or else what the directory has.</summary>
internal static class Leases
{
    /// <summary>The longest that is granted: what a dead server leaves behind lasts as long.</summary>
    public const long Longest = 3_600_000;

    public static long Of(long asked, long otherwise) => asked > 0 ? Math.Min(asked, Longest) : otherwise;
}
