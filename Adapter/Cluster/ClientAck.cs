using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Cluster;

/// <summary>What a client answered: its arguments as one JSON array with byte attachments, or why there is no answer.</summary>
internal sealed record ClientAnswer(string? Error, ReadOnlyMemory<byte> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Attachments);

/// <summary>
/// One client's acknowledgement of an event. The front that delivered the event calls <see cref="Answer"/> or <see cref="Fail"/> once, from any
/// thread; a client that disconnects needs no call. Later calls are ignored.
/// </summary>
public sealed class ClientAck
{
    private readonly AckGroup _group;

    internal ClientAck(AckGroup group, LocalSocket socket)
    {
        _group = group;
        Socket = socket;
        (socket.PendingAcks ??= []).Add(this);
    }

    /// <summary>The socket that is asked.</summary>
    public LocalSocket Socket { get; }

    /// <summary>Called in the namespace's turn when nobody waits any more, so that the front can forget what it keeps for it.</summary>
    public Action? Forget { get; set; }

    /// <summary>The client answered.</summary>
    /// <param name="arguments">The answer's arguments: one JSON array, UTF-8. Not copied.</param>
    /// <param name="attachments">Bytes that the arguments refer to.</param>
    public void Answer(ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        _group.Namespace.Enqueue(new AckItem(this, new ClientAnswer(null, arguments, attachments)));

    /// <summary>The client cannot answer, or answered with an error.</summary>
    public void Fail(string error) => _group.Namespace.Enqueue(new AckItem(this, new ClientAnswer(string.IsNullOrEmpty(error) ? "unknown" : error, default, [])));

    /// <summary>Ends it in the turn: with an answer, or with null where the client is gone or nobody waits.</summary>
    internal void End(ClientAnswer? answer)
    {
        if (Socket.PendingAcks?.Remove(this) != true)
        {
            return;
        }
        if (Socket.PendingAcks.Count == 0)
        {
            Socket.PendingAcks = null;
        }
        Forget?.Invoke();
        _group.Ended(this, answer);
    }
}
