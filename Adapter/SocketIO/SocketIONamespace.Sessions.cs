using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO;

/// <content>Sessions that nobody comes back to.</content>
public sealed partial class SocketIONamespace
{
    private Func<SocketIOSessionEnd, Task>[] _sessionEndListeners = [];
    private Task _sessionEnds = Task.CompletedTask;

    /// <summary>
    /// Runs when a session ends while its client is away, with <see cref="SocketIOOptions.ConnectionStateRecovery"/>: the client that
    /// <see cref="SocketIODisconnect.MayComeBack"/> spoke of will not. On one server of the cluster: the one that had the client, or another one where that has
    /// gone. Listen on all. Once, unless the server that is told dies at that moment; not at all where the directory is lost, or no server is there. Some
    /// seconds late.
    /// </summary>
    public SocketIONamespace OnSessionEnded(Func<SocketIOSessionEnd, Task> listener) => Add(ref _sessionEndListeners, listener);

    /// <inheritdoc cref="OnSessionEnded(Func{SocketIOSessionEnd, Task})"/>
    public SocketIONamespace OnSessionEnded(Action<SocketIOSessionEnd> listener) => OnSessionEnded(listener.ToAsync());

    /// <summary>Called in the namespace's turn. Listeners run apart from it, one after the other.</summary>
    private void TellEnded(IReadOnlyList<EndedSession> sessions)
    {
        if (_sessionEndListeners.Length > 0)
        {
            _sessionEnds = TellEndedAsync(_sessionEnds, sessions);
        }
    }

    private async Task TellEndedAsync(Task before, IReadOnlyList<EndedSession> sessions)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        foreach (var session in sessions)
        {
            foreach (var listener in _sessionEndListeners)
            {
                try
                {
                    await listener(SocketIOSessionEnd.Of(session, Server.JsonOptions)).ConfigureAwait(false);
                }
#pragma warning disable CA1031 // A listener that throws stops nobody.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    SocketIOLog.HandlerFailed(Server.Logger, Name, "(session ended)", exception);
                }
            }
        }
    }
}
