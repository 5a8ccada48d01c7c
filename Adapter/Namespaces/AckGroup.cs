using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// The clients of this server that one broadcast asked for acknowledgements. Ends as soon as all have answered or are gone; at the deadline: then
/// those that are silent are named. Where the answers become too large together, the largest are left out, with an error in their place.
/// </summary>
internal sealed class AckGroup(RequestContext request, long deadline)
{
    private static readonly ClientAnswer LeftOut = new(
        "The answer was left out: those of the server's clients are too large together (MaximumAnswerSize).", default, []);

    private readonly List<ClientAck> _acks = [];
    private readonly List<(SocketId Socket, ClientAnswer Answer)> _answers = [];
    private PriorityQueue<int, long>? _bySize;
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
            _answers.Add((ack.Socket.Id, answer));
            _bytes += AckAnswers.SizeOf(answer);
            _bySize?.Enqueue(_answers.Count - 1, -AckAnswers.SizeOf(answer));
            while (_bytes > request.Limit && TryLeaveOutLargest())
            {
            }
        }
        EndIfDone();
    }

    public void EndIfDone()
    {
        if (!HasEnded && _waiting == 0)
        {
            HasEnded = true;
            request.Activity?.SetTag("orleansadapter.sockets.answered", _answers.Count);
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
        request.Activity?.SetTag("orleansadapter.sockets.answered", _answers.Count);
        request.Answer(AckAnswers.Encode(_answers, [.. _acks.Where(ack => !ack.HasEnded).Select(ack => ack.Socket.Id)]));
        Forget();
    }

    /// <summary>Puts an error in the place of the largest answer; false where nothing is won by that.</summary>
    private bool TryLeaveOutLargest()
    {
        _bySize ??= new PriorityQueue<int, long>(_answers.Select(static (each, index) => (index, -AckAnswers.SizeOf(each.Answer))));
        var largest = _bySize.Peek();
        var (socket, answer) = _answers[largest];
        var size = AckAnswers.SizeOf(answer);
        if (size <= AckAnswers.SizeOf(LeftOut))
        {
            return false;
        }
        _bySize.DequeueEnqueue(largest, -AckAnswers.SizeOf(LeftOut));
        _answers[largest] = (socket, LeftOut);
        _bytes += AckAnswers.SizeOf(LeftOut) - size;
        return true;
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
