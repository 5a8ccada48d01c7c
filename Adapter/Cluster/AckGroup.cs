using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Cluster;

/// <summary>
/// The clients of this server that one broadcast asked for acknowledgements. Ends as soon as all have answered or are gone, or at the deadline: then
/// those that are silent are named.
/// </summary>
internal sealed class AckGroup(RequestContext request, long deadline)
{
    private readonly List<ClientAck> _waiting = [];
    private readonly List<(SocketId Socket, ClientAnswer Answer)> _answers = [];

    public Namespace Namespace => request.Namespace;

    public bool HasEnded { get; private set; }

    public ClientAck Add(LocalSocket socket)
    {
        var ack = new ClientAck(this, socket);
        _waiting.Add(ack);
        return ack;
    }

    public void Ended(ClientAck ack, ClientAnswer? answer)
    {
        _waiting.Remove(ack);
        if (answer is not null && !HasEnded)
        {
            _answers.Add((ack.Socket.Id, answer));
        }
        EndIfDone();
    }

    public void EndIfDone()
    {
        if (!HasEnded && _waiting.Count == 0)
        {
            HasEnded = true;
            request.Answer(AckAnswers.Encode(_answers, []));
        }
    }

    public void EndIfDue(long now)
    {
        if (HasEnded || now < deadline)
        {
            return;
        }
        HasEnded = true;
        request.Answer(AckAnswers.Encode(_answers, [.. _waiting.Select(ack => ack.Socket.Id)]));
        foreach (var ack in _waiting.ToArray())
        {
            ack.End(null);
        }
    }
}
