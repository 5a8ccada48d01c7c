namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// P10: a publish ends as soon as it is answered and its server has handled everything for it that any message of the home has told of, in whatever order
/// these came. It waits for no renewal, which comes seconds later.
/// </summary>
internal sealed class WaitWatch
{
    private readonly List<Publish> _open = [];
    private long _last;
    private long _held;

    public void Add(Publish publish) => _open.Add(publish);

    /// <summary>A new session has begun.</summary>
    public void Begin(Head? head)
    {
        (_last, _held) = (0, 0);
        Told(head);
    }

    /// <summary>A message of the session has come.</summary>
    public void Told(Head? head)
    {
        if (head is not null)
        {
            (_last, _held) = (Math.Max(_last, head.Last), Math.Max(_held, Math.Min(head.Number, head.Held)));
        }
    }

    public void Check(long handled)
    {
        _open.RemoveAll(publish => publish.IsEnded);
        if (handled >= _last && _open.Find(publish => publish.IsAnswered && publish.Number <= _held) is { } waiting)
        {
            throw new ViolationException(
                $"P10: {waiting} has number {waiting.Number} and waits, though {waiting.Publisher} has handled {handled} and was told of nothing for it "
                + $"behind {_last}");
        }
    }
}
