using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// What a soak of clients that come back has seen so far. Each thousand breaks, each death and each failure is a line of a file, so that a run that is cut off
/// is not lost, and one that goes on can be watched.
/// </summary>
internal sealed partial class SoakReport : IDisposable
{
    /// <summary>What is wrong once is perhaps wrong for each client; so many say enough.</summary>
    public const int MostFailures = 20;

    private const string NoDeath = "no death";

    private readonly RunningCluster _cluster;
    private readonly StreamWriter _file;
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private readonly Lock _writing = new();
    private readonly ConcurrentQueue<(long At, string Kind)> _deaths = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _returns;
    private int _recovered;
    private int _lives;

    public SoakReport(RunningCluster cluster, string path)
    {
        (_cluster, Path) = (cluster, path);
        _file = new StreamWriter(path, append: false) { AutoFlush = true };
    }

    /// <summary>Where the lines are.</summary>
    public string Path { get; }

    /// <summary>How often clients came back, to their sessions or not.</summary>
    public int Returns => Volatile.Read(ref _returns);

    /// <summary>How often they came back to their sessions.</summary>
    public int Recovered => Volatile.Read(ref _recovered);

    /// <summary>What went against a promise, or took too long.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>How many deaths there were of a kind.</summary>
    public int Deaths(Func<string, bool> ofKind) => _deaths.Count(death => ofKind(death.Kind));

    /// <summary>A client's life is over.</summary>
    public void Lived(IReadOnlyCollection<Entered> entered)
    {
        Interlocked.Increment(ref _lives);
        Interlocked.Add(ref _returns, entered.Count - 1);
        Interlocked.Add(ref _recovered, entered.Count(entered => entered.Recovered));
    }

    /// <summary>Something is about to be killed.</summary>
    public void Dies(string kind) => _deaths.Enqueue((Stopwatch.GetTimestamp(), kind));

    /// <summary>Something went wrong; returns whether there has been enough of it.</summary>
    public bool Fails(string what)
    {
        _failures.Enqueue(what);
        Write($"FAILURE {what}");
        return _failures.Count >= MostFailures;
    }

    /// <summary>Why clients did not get their sessions, as the workers say, and behind which kind of death: what was the last to die before.</summary>
    public Dictionary<(string Behind, string Why), int> Refusals()
    {
        var deaths = _deaths.ToArray();
        return _cluster.Lines.All
            .Select(line => (line.At, Match: Refusal().Match(line.Text)))
            .Where(line => line.Match.Success)
            .CountBy(line => (deaths.LastOrDefault(death => death.At <= line.At).Kind ?? NoDeath, line.Match.Groups["why"].Value))
            .ToDictionary();
    }

    /// <summary>Writes how far it is; returns that.</summary>
    /// <param name="breaks">How many connections were broken.</param>
    /// <param name="unknown">How many messages may have been published or not.</param>
    public string Progress(int breaks, int unknown)
    {
        var refusals = Refusals();
        var reasons = refusals.OrderBy(refusal => refusal.Key).Select(refusal => $"{refusal.Value} {refusal.Key.Why} behind {refusal.Key.Behind}");
        var megabytes = string.Join(", ", _cluster.Children.Prepend(Environment.ProcessId).Select(Megabytes));
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{breaks} breaks of {_lives} clients and {_deaths.Count} deaths ({string.Join(", ", Counts(_deaths.Select(death => death.Kind)))}): "
            + $"clients came back {Returns} times, {Recovered} times to their sessions; refused {refusals.Values.Sum()}: "
            + $"{string.Join(", ", reasons)}; "
            + $"{_failures.Count} failures; {unknown} messages of unknown outcome; MB of the tests and the cluster's processes: {megabytes}");
        Write(text);
        return text;
    }

    /// <summary>Adds a line.</summary>
    public void Write(string text)
    {
        lock (_writing)
        {
            _file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:u} {_since.Elapsed:hh\\:mm\\:ss} {text}"));
        }
    }

    public void Dispose()
    {
        lock (_writing)
        {
            _file.Dispose();
        }
    }

    private static IEnumerable<string> Counts(IEnumerable<string> kinds) =>
        kinds.CountBy(kind => kind).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => $"{kind.Value} {kind.Key}");

    private static string Megabytes(int process)
    {
        try
        {
            return OperatingSystemProcesses.ResidentMegabytes(process).ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return "gone";
        }
    }

    [GeneratedRegex(@"a client asked for its session and does not get it: (?<why>\w+)", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Refusal();
}
