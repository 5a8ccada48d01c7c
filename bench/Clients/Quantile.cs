namespace OrleansAdapter.Bench.Clients;

/// <summary>Parts of what was measured.</summary>
internal static class Quantile
{
    /// <summary>The value below which this part of them lies, from 0 to 1; 0 where there are none.</summary>
    /// <param name="sorted">The values, ascending.</param>
    /// <param name="part">Which part.</param>
    public static double Of(IReadOnlyList<double> sorted, double part) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * part))];
}
