namespace OrleansAdapter.Namespaces;

/// <content>Sessions that clients come back to.</content>
internal sealed partial class Namespace
{
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(100);

    private Action<IReadOnlyList<EndedSession>>? _ended;

    /// <summary>Sockets may have sessions from now on.</summary>
    /// <param name="settings">What the home is asked for.</param>
    /// <param name="ended">Told, in the turn, of sessions that ended while their clients were away; null where nobody wants to know.</param>
    internal void UseRecovery(RecoverySettings settings, Action<IReadOnlyList<EndedSession>>? ended) => Enqueue(new CommandItem((state, waiter, now) =>
    {
        _ended = ended ?? _ended;
        state.UseRecovery(settings, now);
        waiter.TrySetResult();
    }, "starting recovery"));

    /// <summary>Called in the turn.</summary>
    internal void TellEnded(IReadOnlyList<EndedSession> sessions) => _ended?.Invoke(sessions);

    /// <summary>
    /// Asks for a client's session. Ends when it is here, in its rooms, or is refused. A home that is new is asked again for a while, as the servers first
    /// have to tell it what they hold.
    /// </summary>
    /// <param name="claim">What is asked.</param>
    /// <param name="make">Makes the socket, in the turn.</param>
    /// <param name="isWanted">Whether the client still waits: one that has gone may be back elsewhere, and must not lose its session to this again.</param>
    internal async Task<ClaimOutcome> ClaimAsync(SessionClaim claim, Func<SocketId, SocketSession, LocalSocket> make, Func<bool> isWanted)
    {
        var began = _server.Time.GetTimestamp();
        while (true)
        {
            var pending = new PendingClaim(claim, make);
            _queue.Enqueue(new CommandItem((state, waiter, now) =>
            {
                state.Claim(pending, now);
                waiter.TrySetResult();
            }, "a claim of a session"));
            var outcome = await pending.Task.ConfigureAwait(false);
            if (outcome.Refusal != ClaimRefusal.NotYet || !isWanted() || _server.Time.GetElapsedTime(began) > _server.Options.RequestsTimeout)
            {
                if (!claim.LooksOnly)
                {
                    _server.Metrics.Claimed(outcome.Refusal, outcome.Missed.Count);
                }
                return outcome;
            }
            await Task.Delay(ClaimPause, _server.Time).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the home what the application keeps with a socket.</summary>
    internal void TellData(LocalSocket socket, ReadOnlyMemory<byte> data) =>
        Enqueue(new CommandItem((state, waiter, now) => state.TellData(socket, data, waiter, now), "keeping a session's data"));

    /// <summary>The same; ends when the home has it.</summary>
    /// <exception cref="OperationException">This server was fenced meanwhile, or stops.</exception>
    /// <exception cref="TimeoutException">The directory did not confirm it in time.</exception>
    internal Task TellDataAsync(LocalSocket socket, ReadOnlyMemory<byte> data) =>
        RunAsync((state, waiter, now) => state.TellData(socket, data, waiter, now), "keeping a session's data");
}
