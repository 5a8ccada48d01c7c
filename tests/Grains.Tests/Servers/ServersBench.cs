namespace OrleansAdapter.Grains.Tests.Servers;

/// <summary>A list of servers with a clock that the test moves, and everything it said.</summary>
internal sealed class ServersBench : IServersOutput
{
    public ServersBench(ServersOptions? options = null)
    {
        Table = new ServerList(options ?? new ServersOptions(), this, new Random(1));
    }

    public ServerList Table { get; }

    public long Now { get; set; } = 1_000;

    public List<(ServerId To, Answers Batch)> Sent { get; } = [];

    public List<(ServerId Process, RemovalReason Reason)> Removed { get; } = [];

    public List<(Answer Answer, AnswerRefusal Reason)> Refused { get; } = [];

    public List<ServerId> Added { get; } = [];

    /// <summary>The last batch that was sent, and nothing else since the last call.</summary>
    public Answers TakeOne()
    {
        var (_, batch) = Assert.Single(Sent);
        Sent.Clear();
        return batch;
    }

    public void Describe(ServerId server, long session = 0, long handled = 0) =>
        Table.Receive(new Describe(new ServerDescription(server.Process, $"name of {server}", DateTimeOffset.UnixEpoch, 3), session, handled), Now);

    public void Answer(ServerId to, ServerId from, int part = 0, bool last = true, int bytes = 10) =>
        Table.Receive(new Answer(to, from, 7, part, last, null, new byte[bytes]), Now);

    public void Acknowledge(ServerId server, long session, long handled) => Table.Receive(new AcknowledgeAnswers(server.Process, session, handled), Now);

    /// <summary>Lets time pass in ticks, as a host does.</summary>
    public void Pass(long milliseconds)
    {
        for (var end = Now + milliseconds; Now < end;)
        {
            Now = Math.Min(end, Now + 50);
            Table.Tick(Now);
        }
    }

    /// <summary>Lets time pass in one step.</summary>
    public void Tick(long milliseconds)
    {
        Now += milliseconds;
        Table.Tick(Now);
    }

    /// <summary>The sessions that servers were told of without an answer.</summary>
    public List<(ServerId To, long Session)> Sessions { get; } = [];

    void IServersOutput.Send(ServerId process, ServerMessage message)
    {
        var answers = Assert.IsType<Answers>(message);
        if (answers.Items.Count == 0)
        {
            Sessions.Add((process, answers.Session));
        }
        else
        {
            Sent.Add((process, answers));
        }
    }

    void IServersOutput.Added(ServerDescription server) => Added.Add(server.Process);

    void IServersOutput.Removed(ServerDescription server, RemovalReason reason) => Removed.Add((server.Process, reason));

    void IServersOutput.Refused(Answer answer, AnswerRefusal reason) => Refused.Add((answer, reason));
}
