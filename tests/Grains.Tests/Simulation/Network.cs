namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Carries messages: each is delayed, lost, repeated or overtaken, as the links and the dice have it.</summary>
internal sealed class Network(Agenda agenda, Dice dice, Links links)
{
    private const int QuietDelay = 5;

    private readonly Dictionary<int, long> _lastArrival = [];

    /// <summary>Nothing fails any more: everything arrives soon, once and in order.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Sends one message. <paramref name="arrive"/> is called for each copy of it that arrives, with the copy's number.</summary>
    public void Carry(int channel, Action<int> arrive)
    {
        var copies = IsQuiet ? 1 : dice.Chance(links.Loss) ? 0 : dice.Chance(links.Repeat) ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var copy = i;
            agenda.At(Arrival(channel), () => arrive(copy));
        }
    }

    private long Arrival(int channel)
    {
        if (!links.InOrder && !IsQuiet)
        {
            return agenda.Now + 1 + dice.Below(links.Delay) + (dice.Chance(links.Slow) ? dice.Below(500) : 0);
        }
        var time = Math.Max(agenda.Now + 1 + dice.Below(IsQuiet ? QuietDelay : links.Delay), _lastArrival.GetValueOrDefault(channel));
        _lastArrival[channel] = time;
        return time;
    }
}
