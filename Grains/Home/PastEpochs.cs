namespace OrleansAdapter.Grains;

/// <summary>
/// The epochs before a home's own whose numbers still mean something. A number means one operation in all of them, up to the last one that the next home knew
/// of when it opened; those behind it have been given again (PROTOCOL.md, S12).
/// </summary>
internal sealed class PastEpochs
{
    private const int Most = 8;

    private PastEpoch[] _past = [];

    public IReadOnlyList<PastEpoch> All => _past;

    /// <summary>The home opens: what the servers were told of the epochs before theirs, and the last number of that one.</summary>
    public void Inherit(IReadOnlyList<PastEpoch> past, long epoch, long last) => _past = [.. past.Append(new PastEpoch(epoch, last)).TakeLast(Most)];

    /// <summary>The last number of the epochs before: a session that began behind it is not older than this home. -1 where there was none.</summary>
    public long Last => _past.Length > 0 ? _past[^1].Last : -1;

    /// <summary>The number of a place in the order; null where there is none, or nothing is known of its epoch.</summary>
    /// <param name="offset">The place.</param>
    /// <param name="epoch">The epoch of now.</param>
    /// <param name="number">The last number that it has given.</param>
    public long? NumberOf(OrderOffset offset, long epoch, long number)
    {
        if (offset.Epoch == epoch)
        {
            return offset.Number <= number ? offset.Number : null;
        }
        var i = Array.FindIndex(_past, past => past.Epoch == offset.Epoch);
        return i >= 0 && offset.Number <= _past[i].Last ? offset.Number : null;
    }
}
