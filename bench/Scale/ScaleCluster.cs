using System.Diagnostics;
using OrleansAdapter.Grains;

namespace OrleansAdapter.Bench.Scale;

/// <summary>
/// A home and its servers, the product's own state machines, on a network that takes a millisecond and loses nothing, in a time of their own. It counts what
/// goes between them as Orleans would carry it: a server's message is a call, what the home has for the caller is the call's result, what it has for others
/// is an event, one in flight for each, whose result is the acknowledgement.
/// </summary>
internal sealed class ScaleCluster : IHomeOutput
{
    private const int TickMilliseconds = 50;

    private readonly Dictionary<ServerId, ScaleServer> _servers = [];
    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly List<(HomeMessage Message, int Bytes)> _replies = [];
    private readonly HashSet<ScaleServer> _told = [];
    private readonly Random _random = new(1);
    private Traffic _traffic;
    private ServerId _caller;
    private Home _home;
    private long _order;
    private int _last;

    public ScaleCluster() => _home = new Home(new HomeOptions(), this, _random, epoch: 1, firstStart: true);

    public long Now { get; private set; } = 1;

    public Traffic Traffic => _traffic;

    public IReadOnlyCollection<ScaleServer> Servers => _servers.Values;

    /// <summary>Whether servers say nothing by themselves, so that what is counted is something else alone. Not for longer than their leases.</summary>
    public bool IsQuiet { get; set; }

    public bool HomeIsOpen => _home.IsOpen;

    /// <summary>Whether each server knows of all.</summary>
    public bool AllKnowAll => _servers.Values.All(server => server.Replica.IsLive && server.Replica.List.Count == _servers.Count);

    public ScaleServer Add()
    {
        var server = new ScaleServer(this, ++_last);
        _servers.Add(server.Life, server);
        server.Replica.Start(Now);
        return server;
    }

    /// <summary>A server leaves, and says so.</summary>
    public void Remove(ScaleServer server)
    {
        _servers.Remove(server.Life);
        Turn(default, () => _home.ReportDeath(server.Life.Process, Now));
    }

    /// <summary>The home's silo dies, and the next one begins to hold.</summary>
    public void ReplaceHome()
    {
        _home = new Home(new HomeOptions(), this, _random, _home.Epoch + 1_000, firstStart: false);
        foreach (var server in _servers.Values)
        {
            server.InFlight = false;
            server.Waiting.Clear();
        }
    }

    /// <summary>Lets time pass until something holds; returns how long that took, in milliseconds.</summary>
    public long Until(Func<bool> holds, long atMost = 60_000)
    {
        var began = Now;
        while (!holds())
        {
            if (Now - began > atMost)
            {
                throw new InvalidOperationException($"It does not come to rest within {atMost} ms.");
            }
            Step();
        }
        return Now - began;
    }

    public void Pass(long milliseconds)
    {
        for (var end = Now + milliseconds; Now < end;)
        {
            Step();
        }
    }

    public void Call(ScaleServer from, WorkerMessage message)
    {
        var size = Wire.Write(message, ProtocolVersion.Current).Length;
        _traffic = _traffic with { Calls = _traffic.Calls + 1, Up = _traffic.Up + size };
        At(1, () => Reply(from, () => _home.Receive(message, Now)));
    }

    /// <summary>A server that has heard nothing asks whether it should have.</summary>
    public void Check(ScaleServer from)
    {
        const int Arguments = 18; // the life, the epoch and the version
        _traffic = _traffic with { Calls = _traffic.Calls + 1, Up = _traffic.Up + Arguments };
        At(1, () => Reply(from, () => _home.Check(from.Life, from.Replica.Epoch)));
    }

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        if (!_servers.TryGetValue(to, out var server))
        {
            return;
        }
        var size = Wire.Write(message, ProtocolVersion.Current).Length;
        if (to == _caller)
        {
            _replies.Add((message, size));
        }
        else
        {
            server.Waiting.Enqueue((message, size));
            _told.Add(server);
        }
    }

    void IHomeOutput.Removed(ServerId life, RemovalReason reason)
    {
        if (reason is not RemovalReason.Died)
        {
            throw new InvalidOperationException($"{life} was removed ({reason}), though nothing is lost here.");
        }
    }

    void IHomeOutput.Opened(OpenSummary summary)
    {
    }

    private void Reply(ScaleServer to, Action action)
    {
        Turn(to.Life, action);
        var replies = _replies.ToArray();
        _replies.Clear();
        _traffic = _traffic with { Down = _traffic.Down + replies.Sum(reply => reply.Bytes) };
        At(1, () => to.Take(replies.Select(reply => reply.Message)));
    }

    private void Turn(ServerId caller, Action action)
    {
        _caller = caller;
        var began = Stopwatch.GetTimestamp();
        action();
        _traffic = _traffic with { Ticks = _traffic.Ticks + (Stopwatch.GetTimestamp() - began) };
        _caller = default;
        foreach (var server in _told)
        {
            Flush(server);
        }
        _told.Clear();
    }

    private void Flush(ScaleServer to)
    {
        if (to.InFlight || to.Waiting.Count == 0)
        {
            return;
        }
        to.InFlight = true;
        var batch = to.Waiting.ToArray();
        to.Waiting.Clear();
        _traffic = _traffic with { Events = _traffic.Events + 1, Down = _traffic.Down + batch.Sum(message => message.Bytes) };
        var home = _home;
        At(1, () =>
        {
            if (!_servers.ContainsKey(to.Life))
            {
                return;
            }
            var answer = to.Answer(batch.Select(message => message.Message));
            At(1, () =>
            {
                if (home != _home)
                {
                    return;
                }
                to.InFlight = false;
                if (answer is not null)
                {
                    _traffic = _traffic with { Up = _traffic.Up + Wire.Write(answer, ProtocolVersion.Current).Length };
                    Turn(default, () => _home.Receive(answer, Now));
                }
                Flush(to);
            });
        });
    }

    private void At(long after, Action action) => _agenda.Enqueue(action, (Now + after, _order++));

    private void Step()
    {
        Now++;
        while (_agenda.TryPeek(out _, out var next) && next.At <= Now)
        {
            _agenda.Dequeue()();
        }
        if (Now % TickMilliseconds == 0)
        {
            Turn(default, () => _home.Tick(Now));
            foreach (var server in IsQuiet ? [] : (IEnumerable<ScaleServer>)_servers.Values)
            {
                server.Tick();
            }
        }
    }
}
