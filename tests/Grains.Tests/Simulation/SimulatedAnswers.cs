using System.Text;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// The requests of one simulated server, on both sides: what it asks waits in the real <see cref="Requests"/>, what it is asked it answers, late, through
/// the real <see cref="AnswerExchange"/>; some requests it never answers.
/// </summary>
internal sealed class SimulatedAnswers
{
    private const double Silence = 0.1;

    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer _server;

    public SimulatedAnswers(SimulatedCluster cluster, SimulatedServer server)
    {
        (_cluster, _server) = (cluster, server);
        var process = server.Life.Process;
        Exchange = new AnswerExchange(
            process,
            () => new ServerDescription(process, "simulated", DateTimeOffset.UnixEpoch, 0),
            0,
            message => cluster.ToDirectory(server, message),
            Taken,
            Lost);
    }

    public PendingRequests Requests { get; } = new(_ => { }, afterLoss: 2_000);

    public AnswerExchange Exchange { get; }

    /// <summary>The server asks: whoever the request goes to is waited for, for a while.</summary>
    public PendingRequest Ask(Operation operation, int index)
    {
        var timeout = HasNoEnd(_cluster.Settings, index) ? long.MaxValue : 300 + _cluster.Dice.Below(1_000);
        var request = new PendingRequest(operation, index + 1, timeout, onlyHere: false, _ => { }) { Since = _cluster.Now };
        Requests.Add(request);
        return request;
    }

    /// <summary>The server is asked. What it says is in several parts.</summary>
    public void Asked(Publish publish)
    {
        var life = _server.Life;
        if (IsHard(publish.Index) && _cluster.Dice.Chance(0.5))
        {
            publish.Silent.Add(life);
            return;
        }
        publish.Answered.Add(life);
        _cluster.Agenda.In(_cluster.Dice.Below(_cluster.Dice.Chance(0.1) ? 600 : 40), () => _cluster.Whenever(_server, () =>
        {
            var body = Words(publish.Index, life);
            var first = _cluster.Dice.Below(body.Length);
            Exchange.Send(new Answer(publish.Publisher, life, publish.Index + 1, 0, false, null, body.AsMemory(0, first)), _cluster.Now);
            Exchange.Send(new Answer(publish.Publisher, life, publish.Index + 1, 1, true, null, body.AsMemory(first)), _cluster.Now);
        }));
    }

    /// <summary>What a server says to a request.</summary>
    public static byte[] Words(int publish, ServerId life) => Encoding.UTF8.GetBytes($"{life} to {publish}");

    /// <summary>
    /// Whether a request waits until all have answered or are gone. Where answers get lost on their way to the directory nobody repeats them; on a link
    /// that tells of its end, they are; but of two directories at once the old one takes some along, and tells nobody, and nor does a network that is cut.
    /// </summary>
    public static bool HasNoEnd(Settings settings, int publish) =>
        settings is { Machines: 1, Links.InOrder: true, NoticesReconnect: true, Faults: not (FaultClass.TwoHomesAtOnce or FaultClass.Everything) }
        && !IsHard(publish);

    /// <summary>Whether a request has servers that never answer, so that it needs an end in time.</summary>
    private static bool IsHard(int publish) => publish % (int)(1 / Silence) == 0;

    private void Lost()
    {
        _cluster.Recording.Count("answers may be lost");
        Requests.AnswersLost(_cluster.Now);
    }

    private void Taken(Answer answer)
    {
        _cluster.Recording.Count("answer taken");
        Requests.Receive(answer);
    }
}
