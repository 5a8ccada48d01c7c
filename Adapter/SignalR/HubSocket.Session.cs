using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <content>The session that its client may come back to, where <see cref="OrleansAdapterOptions.HubRecovery"/> is set.</content>
internal sealed partial class HubSocket
{
    private volatile bool _isSessionOver;

    /// <summary>What its client is to show to come back; null where it has no session.</summary>
    public string? Token { get; set; }

    /// <summary>The same, where the home knows of the session: null where it keeps none.</summary>
    public string? ResumeToken => Session is { IsOpen: true } ? Token : null;

    /// <summary>Whether its client came back to it.</summary>
    public HubConnectionRecovery Recovery { get; private set; }

    /// <summary>What the application keeps with the connection; null where it never did.</summary>
    public IDictionary<string, object?>? DataIfAny => _data;

    /// <summary>Whether its session outlives the connection: it was let in, the home knew of it, and nobody meant the end.</summary>
    public bool MayComeBack => IsIn && !_isSessionOver && Session is { WasOpen: true, IsOver: false };

    /// <summary>Whether its client may be in the namespace over another connection: it was let in and is out, while its session may live.</summary>
    public bool MayBeElsewhere => IsIn && !IsConnected && Session is { IsOver: false };

    /// <summary>One side meant the end: the client is not to come back.</summary>
    public void EndSession() => _isSessionOver = true;

    /// <summary>Its client came back: it has what was kept with it, and what it missed goes out before anything else.</summary>
    /// <param name="token">What its client is to show next time.</param>
    /// <param name="data">What was kept.</param>
    /// <param name="recovery">How it came back.</param>
    /// <param name="missed">What it missed, in order.</param>
    public void Restore(string token, Dictionary<string, JsonElement> data, HubConnectionRecovery recovery, IReadOnlyList<Packet> missed)
    {
        (Token, Recovery) = (token, recovery);
        foreach (var (name, value) in data)
        {
            Data[name] = value;
        }
        if (!TryPutFirst(missed))
        {
            Close(DisconnectReason.SlowClient);
        }
        Session!.IsToldAll = true;
    }

    /// <summary>False if not all fits into the queue.</summary>
    private bool TryPutFirst(IReadOnlyList<Packet> missed)
    {
        if (missed.Count == 0)
        {
            return true;
        }
        List<HubFrame> frames = [.. missed.Select(_frames.Encode).Where(frame => !frame.Bytes.IsEmpty)];
        var (fits, dropped) = (true, 0);
        lock (_gate)
        {
            while (_queue.TryTake(out var frame))
            {
                frames.Add(frame); // came while it was on its way back
            }
            foreach (var frame in frames)
            {
                fits &= _queue.TryAdd(frame, out var more);
                dropped += more;
            }
        }
        if (dropped > 0)
        {
            _owner.Dropped(dropped);
        }
        return fits;
    }

    /// <summary>Tells the home what the application keeps with the connection, if that has changed.</summary>
    public Task KeepDataAsync() => _owner.KeepDataAsync(this);
}
