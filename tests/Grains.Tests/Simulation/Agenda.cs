namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Simulated time: what is to happen, by time, and at the same time in the order in which it was planned.</summary>
internal sealed class Agenda
{
    private const int OrderBits = 24;

    /// <summary>A run takes a few thousand events: far more are messages that call for each other without end.</summary>
    private const long MaximumEvents = 200_000;

    private readonly PriorityQueue<Action, long> _events = new();
    private long _order;

    /// <summary>Milliseconds since the run began.</summary>
    public long Now { get; private set; }

    public void At(long time, Action action)
    {
        if (++_order > MaximumEvents)
        {
            throw new ViolationException("P5: messages call for each other without end");
        }
        _events.Enqueue(action, (Math.Max(time, Now) << OrderBits) | _order);
    }

    public void In(long delay, Action action) => At(Now + delay, action);

    /// <summary>Lets everything happen that is planned up to a time.</summary>
    public void RunUntil(long time)
    {
        while (_events.TryPeek(out var action, out var key) && key >> OrderBits <= time)
        {
            _events.Dequeue();
            Now = key >> OrderBits;
            action();
        }
        Now = time;
    }
}
