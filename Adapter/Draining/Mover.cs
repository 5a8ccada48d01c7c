using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Draining;

/// <summary>Asks clients to move, so many in a second, and waits until they have.</summary>
/// <param name="state">Whose.</param>
/// <param name="rate">How many in a second.</param>
/// <param name="patience">How long those are left alone that owe or are owed an answer.</param>
/// <param name="time">The clock.</param>
internal sealed class Mover(DrainState state, int rate, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// How many in a second it takes for all to have moved when four fifths of the time are over; or the rate that was asked for, if that is more: that all
    /// go at once at the end would be worse.
    /// </summary>
    public static int RateFor(int clients, int rate, TimeSpan limit) =>
        (int)Math.Max(rate, Math.Min(int.MaxValue, Math.Ceiling(clients / (0.8 * limit.TotalSeconds))));

    /// <summary>Returns when no client is left, or it is told to stop.</summary>
    public async Task MoveAsync(CancellationToken stop)
    {
        var began = time.GetTimestamp();
        var last = began;
        var allowed = 1.0;
        while (state.Count > 0 && !stop.IsCancellationRequested)
        {
            var now = time.GetTimestamp();
            allowed = Math.Min(rate, allowed + (rate * time.GetElapsedTime(last, now).TotalSeconds));
            last = now;
            var isPatient = time.GetElapsedTime(began, now) < patience;
            foreach (var client in allowed < 1 ? [] : state.Clients)
            {
                if (!client.IsHere || (isPatient && client.IsBusy))
                {
                    continue;
                }
                client.Move();
                if (--allowed < 1)
                {
                    break;
                }
            }
            await Task.Delay(Step, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
