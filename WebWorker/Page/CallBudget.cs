using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.WebWorker.Page;

/// <summary>How much one client may ask for: some calls at once, and then so many in a second.</summary>
internal sealed class CallBudget(TimeProvider time)
{
    private const int AtOnce = 30;
    private const int PerSecond = 10;

    private readonly Lock _lock = new();
    private double _left = AtOnce;
    private long _at = time.GetTimestamp();

    /// <exception cref="HubException">It is used up.</exception>
    public void Take()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(AtOnce, _left + (time.GetElapsedTime(_at, now).TotalSeconds * PerSecond));
            _at = now;
            if (_left < 1)
            {
                throw new HubException($"That was too much at once: {PerSecond} calls a second are fine.");
            }
            _left--;
        }
    }
}
