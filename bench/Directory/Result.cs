namespace OrleansAdapter.Bench.Directory;

/// <summary>What the receiver saw of one load.</summary>
internal sealed record Result(long Received, long OutOfOrder, double P50, double P99, double Max)
{
    public static Result Of(Receiver receiver)
    {
        var micros = receiver.TakeLatencies();
        return new Result(receiver.Received, receiver.OutOfOrder, At(micros, 0.5), At(micros, 0.99), At(micros, 1));
    }

    private static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
}
