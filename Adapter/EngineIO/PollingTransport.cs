namespace OrleansAdapter.EngineIO;

/// <summary>A GET that waits for packets.</summary>
internal sealed class PendingPoll() : TaskCompletionSource<OutboundPacket[]?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>Whether it came when the client had the answer to its probe, and so may have been about to upgrade.</summary>
    public bool IsDuringProbe { get; init; }
}

/// <summary>Carries a session over HTTP long-polling: packets go out in the response to a GET that waits, and come in by POST.</summary>
internal sealed class PollingTransport : IEngineTransport
{
    public const string TransportName = "polling";

    private const int BatchBytes = 1 << 20;

    public string Name => TransportName;

    public int BatchSize => BatchBytes;

    public bool IsWritable => Poll is not null;

    /// <summary>The GET that waits, if one does.</summary>
    public PendingPoll? Poll { get; set; }

    /// <summary>Whether a POST is being read.</summary>
    public bool IsPosting { get; set; }

    public void Send(ReadOnlySpan<OutboundPacket> packets)
    {
        Poll!.TrySetResult(packets.ToArray());
        Poll = null;
    }

    public void Close() => End(OutboundPacket.Close);

    /// <summary>The session has been upgraded: a GET that came behind the word for that, or seems to have, is one too many.</summary>
    public void Upgraded()
    {
        if (Poll is { IsDuringProbe: true } late)
        {
            late.TrySetResult(null);
            Poll = null;
        }
        End(OutboundPacket.Noop);
    }

    /// <summary>Answers a GET that waits with a last packet.</summary>
    public void End(OutboundPacket last)
    {
        Poll?.TrySetResult([last]);
        Poll = null;
    }
}
