namespace OrleansAdapter.Namespaces;

/// <content>Requests that are acted on once.</content>
internal sealed partial class Namespace
{
    /// <summary>Whether this server is the first that asks to act on a request within the window.</summary>
    /// <exception cref="OperationException">Nobody can tell.</exception>
    /// <exception cref="InvalidOperationException">There are no sessions, or too many requests.</exception>
    internal async Task<bool> OnceAsync(string id)
    {
        var began = _server.Time.GetTimestamp();
        while (true)
        {
            switch (await AskOnceAsync(id).ConfigureAwait(false))
            {
                case ClaimRefusal.None:
                    return true;
                case ClaimRefusal.Repeated:
                    return false;
                case ClaimRefusal.TooManyRequests:
                    throw new InvalidOperationException(
                        $"So many requests were acted on once in \"{Name}\" within ConnectionStateRecovery.MaxDisconnectionDuration, or so much waits for the "
                        + "directory, that this one cannot be remembered: it is not to be acted on now. Shorten that time, or spread requests over "
                        + "namespaces.");
                case ClaimRefusal.Unknown:
                    throw new InvalidOperationException(
                        "Once needs connection state recovery, whose time is its own: set SocketIOOptions.ConnectionStateRecovery on all servers.");
                case ClaimRefusal.NotYet when _server.Time.GetElapsedTime(began) <= _server.Options.RequestsTimeout:
                    await Task.Delay(ClaimPause, _server.Time).ConfigureAwait(false);
                    break;
                default:
                    throw OperationException.OnceUnknown();
            }
        }
    }

    private async Task<ClaimRefusal> AskOnceAsync(string id)
    {
        PendingOnce? pending = null;
        await RunAsync((state, waiter, now) =>
        {
            pending = new PendingOnce(SecretHash.Of(id), state.Granted);
            state.Ask(pending, now);
            waiter.TrySetResult();
        }, "asking whether a request is new").ConfigureAwait(false);
        return await pending!.Task.ConfigureAwait(false);
    }
}
