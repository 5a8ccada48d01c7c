namespace OrleansAdapter.SocketIO;

/// <content>Requests that are acted on once.</content>
public sealed partial class SocketIONamespace
{
    /// <summary>The longest id of a request, in characters.</summary>
    private const int MaximumIdLength = 1_000;

    /// <summary>
    /// Whether a handler is the first to ask for a request's id, on whatever server, within
    /// <see cref="ConnectionStateRecoveryOptions.MaxDisconnectionDuration"/>: true once, then false. A client that repeats what was not acknowledged
    /// (<c>retries</c>), or comes back and sends it again, so has it done once.
    /// </summary>
    /// <remarks>
    /// At most once: a server that dies between this and the deed leaves it undone, and repeats are told that they are. What must be done at least once is
    /// looked up where it is kept. Ids are the namespace's: let clients draw long random ones, and put the user's id before them, so that nobody uses up
    /// another one's.
    /// </remarks>
    /// <param name="id">The request's id, up to 1,000 characters.</param>
    /// <exception cref="ArgumentException">The id is empty, or too long.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is no <see cref="SocketIOOptions.ConnectionStateRecovery"/>, or more requests than can be remembered.
    /// </exception>
    /// <exception cref="OperationException">
    /// Nobody can tell: the directory did not answer, or was lost together with a server that may have been told to act. Let the client ask again later.
    /// </exception>
    public Task<bool> Once(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id.Length <= MaximumIdLength
            ? Core.OnceAsync(id)
            : throw new ArgumentException($"The id of a request has {id.Length} characters; at most {MaximumIdLength} are allowed.", nameof(id));
    }
}
