namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// How long to wait before a process that died is started again: not at all at first, and longer each time while it dies soon after its start.
/// </summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>A process that lived this long starts again without a pause.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    private TimeSpan _next = TimeSpan.Zero;

    /// <summary>The pause after a death.</summary>
    /// <param name="lived">How long it had lived.</param>
    public TimeSpan After(TimeSpan lived)
    {
        var pause = lived >= Calm ? TimeSpan.Zero : _next;
        _next = pause == TimeSpan.Zero ? First : pause * 2 < Longest ? pause * 2 : Longest;
        return pause;
    }
}
