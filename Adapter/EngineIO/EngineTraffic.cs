namespace OrleansAdapter.EngineIO;

/// <summary>What came and went over the sessions of a server since somebody looked last. Safe under threads.</summary>
internal sealed class EngineTraffic
{
    private readonly long[] _ended = new long[Enum.GetValues<EngineCloseReason>().Length];
    private long _opened;
    private long _packetsIn;
    private long _bytesIn;
    private long _packetsOut;
    private long _bytesOut;

    public void Opened() => Interlocked.Increment(ref _opened);

    public void Ended(EngineCloseReason reason) => Interlocked.Increment(ref _ended[(int)reason]);

    public void Received(int bytes)
    {
        Interlocked.Increment(ref _packetsIn);
        Interlocked.Add(ref _bytesIn, bytes);
    }

    public void Sent(int packets, long bytes)
    {
        Interlocked.Add(ref _packetsOut, packets);
        Interlocked.Add(ref _bytesOut, bytes);
    }

    /// <summary>Gives what is more than nothing, by the names of Socket.IO's admin UI, and begins anew.</summary>
    public IEnumerable<(string Type, string? Reason, long Count)> Take()
    {
        List<(string Type, string? Reason, long Count)> taken =
        [
            ("rawConnection", null, Interlocked.Exchange(ref _opened, 0)),
            ("packetsIn", null, Interlocked.Exchange(ref _packetsIn, 0)),
            ("bytesIn", null, Interlocked.Exchange(ref _bytesIn, 0)),
            ("packetsOut", null, Interlocked.Exchange(ref _packetsOut, 0)),
            ("bytesOut", null, Interlocked.Exchange(ref _bytesOut, 0)),
            .. Enum.GetValues<EngineCloseReason>().Select(reason => ("rawDisconnection", reason.Name(), Interlocked.Exchange(ref _ended[(int)reason], 0))),
        ];
        return taken.Where(one => one.Count > 0);
    }
}
