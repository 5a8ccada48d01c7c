using System.Text.Json;

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

    /// <summary>Whether its session outlives the connection: it was let in, and neither side meant the end.</summary>
    public bool MayComeBack => IsIn && Session is not null && !_isSessionOver;

    /// <summary>One side meant the end: the client is not to come back.</summary>
    public void EndSession() => _isSessionOver = true;

    /// <summary>Its client came back: it has what was kept with it.</summary>
    /// <param name="token">What its client is to show next time.</param>
    /// <param name="data">What was kept.</param>
    public void Restore(string token, Dictionary<string, JsonElement> data)
    {
        (Token, Recovery) = (token, HubConnectionRecovery.WithoutMessages);
        foreach (var (name, value) in data)
        {
            Data[name] = value;
        }
        Session!.IsToldAll = true;
    }

    /// <summary>Tells the home what the application keeps with the connection, if that has changed.</summary>
    public Task KeepDataAsync() => _owner.KeepDataAsync(this);
}
