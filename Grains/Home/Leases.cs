namespace OrleansAdapter.Grains;

/// <summary>How long a server may be silent: what it asks for, up to an hour, or else the directory's own default.</summary>
internal static class Leases
{
    /// <summary>The longest lease, since what a dead server leaves behind is kept for as long.</summary>
    public const long Longest = 3_600_000;

    public static long Of(long asked, long otherwise) => asked > 0 ? Math.Min(asked, Longest) : otherwise;
}
