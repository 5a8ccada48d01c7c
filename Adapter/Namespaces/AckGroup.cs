using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// The clients of this server that one broadcast asked for acknowledgements. Ends as soon as all have answered or are gone; at the deadline: then
/// those that are silent are named; or when the answers have become too large together.
/// </summary>
internal sealed class AckGroup(RequestContext request, long deadline)
{
    private readonly List<ClientAck> _acks = [];
    private readonly List<(SocketId Socket, ClientAnswer Answer)> _answers = [];
    private int _waiting;
    private long _bytes;

    public Namespace Namespace => request.Namespace;

    public bool HasEnded { get; private set; }

    public ClientAck Add(LocalSocket socket)
    {
        var ack = new ClientAck(this, socket);
        _acks.Add(ack);
        _waiting++;
        return ack;
    }

    public void Ended(ClientAck ack, ClientAnswer? answer)
    {
        _waiting--;
        if (HasEnded)
        {
            return;
        }
        if (answer is not null)
        {
            _bytes += AckAnswers.SizeOf(answer);
            if (_bytes > request.Limit)
            {
                HasEnded = true;
                request.FailAsTooLarge(_bytes);
                Forget();
                return;
            }
            _answers.Add((ack.Socket.Id, answer));
        }
        EndIfDone();
    }

    public void EndIfDone()
    {
        if (!HasEnded && _waiting == 0)
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
        request.Answer(AckAnswers.Encode(_answers, [.. _acks.Where(ack => !ack.HasEnded).Select(ack => ack.Socket.Id)]));
        Forget();
    }

    /// <summary>Nobody waits any more: what fronts keep for it goes.</summary>
    private void Forget()
    {
        foreach (var ack in _acks)
        {
            ack.End(null);
        }
        _answers.Clear();
    }
}
