namespace OrleansAdapter.EngineIO;

/// <content>From long-polling to WebSocket: the new transport is probed, and takes over when the client says so.</content>
internal sealed partial class EngineSession
{
    private static ReadOnlySpan<byte> ProbePing => "2probe"u8;

    private static ReadOnlySpan<byte> Upgrade => "5"u8;

    /// <summary>How long, and how often, a client that has its probe answered is waited for before a GET that waits is answered: as the reference.</summary>
    private static readonly TimeSpan ProbeCheck = TimeSpan.FromMilliseconds(100);

    private WebSocketTransport? _candidate;
    private ITimer? _upgradeTimer;
    private ITimer? _probeTimer;
    private bool _probed;

    /// <summary>A WebSocket came for this session. False where it may not upgrade: it has been, or is being, or began as a WebSocket, or none may.</summary>
    public bool TryProbe(WebSocketTransport candidate)
    {
        lock (_gate)
        {
            if (_state != State.Open || !_server.Options.AllowUpgrades || _candidate is not null || _transport is not PollingTransport)
            {
                return false;
            }
            _candidate = candidate;
            _upgradeTimer = Timers.Once(Time, _server.Options.UpgradeTimeout, state => UpgradeTimedOut((WebSocketTransport)state!), candidate);
            return true;
        }
    }

    private void Probe(WebSocketTransport from, bool isBinary, ReadOnlyMemory<byte> data)
    {
        var closed = false;
        lock (_gate)
        {
            if (_state == State.Closed || !ReferenceEquals(_candidate, from))
            {
                return;
            }
            if (!isBinary && data.Span.SequenceEqual(ProbePing) && !_probed && from.IsWritable)
            {
                from.Send([OutboundPacket.ProbePong]);
                _probed = true;
                _probeTimer = Timers.Every(Time, ProbeCheck, static session => ((EngineSession)session!).EndPollForProbe(), this);
            }
            else if (!isBinary && data.Span.StartsWith(Upgrade))
            {
                TakeOver(from);
                closed = TryFinishClosing();
            }
            else
            {
                // Also a second probe, and one whose sender does not read: nothing would bound the answers.
                EndProbe(closeCandidate: true);
            }
        }
        if (closed)
        {
            TellClosed(_closing, null);
        }
    }

    private void TakeOver(WebSocketTransport candidate)
    {
        EndProbe(closeCandidate: false);
        (_transport as PollingTransport)?.Upgraded();
        Volatile.Write(ref _transport, candidate);
        _server.Upgraded();
        FlushLocked();
    }

    /// <summary>A client that has its probe answered ends polling before it upgrades: a GET that waits is answered, so that it can.</summary>
    private void EndPollForProbe()
    {
        lock (_gate)
        {
            if (_probed && _transport is PollingTransport { IsWritable: true } polling)
            {
                polling.End(OutboundPacket.Noop);
            }
        }
    }

    private void UpgradeTimedOut(WebSocketTransport candidate)
    {
        lock (_gate)
        {
            if (ReferenceEquals(candidate, _candidate))
            {
                EndProbe(closeCandidate: true);
            }
        }
    }

    private void EndProbe(bool closeCandidate)
    {
        if (closeCandidate)
        {
            _candidate?.Close();
        }
        _candidate = null;
        _probed = false;
        _upgradeTimer?.Dispose();
        _upgradeTimer = null;
        _probeTimer?.Dispose();
        _probeTimer = null;
    }
}
