using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// One client's acknowledgement of an event. The front that delivered the event calls <see cref="Answer"/> or <see cref="Fail"/> once, from any
/// thread; a client that disconnects needs no call. Later calls are ignored.
/// </summary>
internal sealed class ClientAck
{
    private readonly AckGroup _group;

    /// <summary>Its place among the socket's pending ones.</summary>
    private int _index;

    internal ClientAck(AckGroup group, LocalSocket socket)
    {
        _group = group;
        Socket = socket;
        var pending = socket.PendingAcks ??= [];
        _index = pending.Count;
        pending.Add(this);
    }

    /// <summary>The socket that is asked.</summary>
    public LocalSocket Socket { get; }

    /// <summary>Called in the namespace's turn when nobody waits any more, so that the front can forget what it keeps for it.</summary>
    public Action? Forget { get; set; }

    /// <summary>Whether nobody waits any more.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>The client answered.</summary>
    /// <param name="arguments">The answer's arguments: one JSON array, UTF-8. Not copied.</param>
    /// <param name="attachments">Bytes that the arguments refer to.</param>
    public void Answer(ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        _group.Namespace.Enqueue(new AckItem(this, new ClientAnswer(null, arguments, attachments)));

    /// <summary>The client cannot answer, or answered with an error.</summary>
    public void Fail(string error) =>
        _group.Namespace.Enqueue(new AckItem(this, new ClientAnswer(string.IsNullOrEmpty(error) ? "unknown" : error, default, [])));

    /// <summary>Ends it in the turn: with an answer, or with null where the client is gone or nobody waits.</summary>
    internal void End(ClientAnswer? answer)
    {
        if (HasEnded)
        {
            return;
        }
        HasEnded = true;
        var pending = Socket.PendingAcks!;
        var last = pending[^1];
        pending[_index] = last;
        last._index = _index;
        pending.RemoveAt(pending.Count - 1);
        if (pending.Count == 0)
        {
            Socket.PendingAcks = null;
        }
        Forget?.Invoke();
        _group.Ended(this, answer);
    }
}
