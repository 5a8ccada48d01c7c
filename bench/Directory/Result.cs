using OrleansAdapter.Bench.Clients;

namespace OrleansAdapter.Bench.Directory;

/// <summary>What the receiver saw of one load.</summary>
internal sealed record Result(long Received, long OutOfOrder, double P50, double P99, double Max)
{
    public static Result Of(Receiver receiver)
    {
        var micros = receiver.TakeLatencies();
        return new Result(receiver.Received, receiver.OutOfOrder, Quantile.Of(micros, 0.5), Quantile.Of(micros, 0.99), Quantile.Of(micros, 1));
    }
}
