using System.Globalization;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Grains.Testing;

/// <summary>
/// Homes in silos and servers that are in all of their namespaces: the product's own state machines, in a time of their own. It counts what goes between them
/// as Orleans would carry it: a server's message is a call, and so is a round; what the home has for the caller is the call's result, what it has for others is
/// an event, whose result is the acknowledgement.
/// </summary>
internal sealed partial class ScaleCluster
{
    private const int TickMilliseconds = 50;

    private readonly Dictionary<ServerId, ScaleServer> _servers = [];
    private readonly ScaleHome?[] _homes;
    private readonly ScaleSilo[] _silos;
    private long _epoch = 1;
    private int _last;
    private Traffic _traffic;

    public ScaleCluster(ScaleOptions? options = null, ReplicaOptions? times = null)
    {
        Options = options ?? new ScaleOptions();
        Times = times ?? new ReplicaOptions();
        Network = new ScaleNetwork(Options);
        _silos = [.. Enumerable.Range(0, Options.Silos).Select(index => new ScaleSilo($"silo-{index}"))];
        _homes = new ScaleHome[Options.Namespaces];
        for (var index = 0; index < Options.Namespaces; index++)
        {
            _homes[index] = new ScaleHome(this, index, index % Options.Silos, _epoch, firstStart: true);
        }
    }

    public ScaleOptions Options { get; }

    public ReplicaOptions Times { get; }

    public ScaleNetwork Network { get; }

    public long Now => Network.Now;

    public Traffic Traffic => _traffic;

    public IReadOnlyCollection<ScaleServer> Servers => _servers.Values;

    public IEnumerable<ScaleLife> Lives => _servers.Values.SelectMany(server => server.Lives);

    /// <summary>Whether servers say nothing by themselves, so that what is counted is something else alone. Not for longer than their leases.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Whether each namespace has a home that is open, and each server is in it and knows of all.</summary>
    public bool AllKnowAll => _homes.All(home => home is { IsAlive: true, Home.IsOpen: true }) && Lives.All(life =>
        life.Replica.IsLive && life.Replica.Epoch == _homes[life.Namespace]!.Home.Epoch && life.Replica.List.Count == _servers.Count);

    public static string NameOf(int @namespace) => string.Create(CultureInfo.InvariantCulture, $"/n{@namespace}");

    public static int NumberOf(string @namespace) => int.Parse(@namespace.AsSpan(2), CultureInfo.InvariantCulture);

    public ScaleHome? HomeOf(int @namespace) => _homes[@namespace];

    public ScaleServer Add()
    {
        var server = new ScaleServer(this, ++_last);
        _servers.Add(server.Process, server);
        foreach (var life in server.Lives)
        {
            life.Start();
        }
        return server;
    }

    /// <summary>A server leaves, and says so.</summary>
    public void Remove(ScaleServer server)
    {
        server.IsUp = false;
        _servers.Remove(server.Process);
        foreach (var home in _homes)
        {
            home?.Turn(default, state => state.ReportDeath(server.Process, Now));
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

    public void Count(Traffic traffic) => _traffic += traffic;

    public double SizeOf(WorkerMessage message) => Options.CountsBytes ? Wire.Write(message, ProtocolVersion.Current).Length : 0;

    public double SizeOf(HomeMessage[] messages) => Options.CountsBytes ? messages.Sum(message => Wire.Write(message, ProtocolVersion.Current).Length) : 0;

    private void Step()
    {
        Network.Step();
        if (Now % TickMilliseconds != 0)
        {
            return;
        }
        foreach (var home in _homes)
        {
            if (home is { IsAlive: true })
            {
                home.Turn(default, state => state.Tick(Now));
            }
        }
        foreach (var server in IsQuiet ? [] : (IEnumerable<ScaleServer>)_servers.Values)
        {
            server.Tick();
        }
    }
}
