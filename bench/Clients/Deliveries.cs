using System.Diagnostics;

namespace OrleansAdapter.Bench.Clients;

/// <summary>Checks every delivery: each member gets each message of each stream of its rooms once, and each stream in order.</summary>
internal sealed class Deliveries(IReadOnlyList<Stream> streams)
{
    private const int NotMine = -1;
    private readonly HashSet<(int Client, int Stream, int Number)> _missing = [];
    private readonly List<int[]> _expected = [];
    private readonly List<double> _micros = [];
    private long _from = long.MaxValue;
    private long _to = long.MaxValue;

    /// <summary>How many came while it was measured.</summary>
    public long Measured { get; private set; }

    /// <summary>How many came in all.</summary>
    public long Total { get; private set; }

    public long Duplicates { get; private set; }

    public long Disorder { get; private set; }

    /// <summary>To somebody who is not in that room, or of a stream that there is not.</summary>
    public long Strays { get; private set; }

    /// <summary>Messages that were cut or changed.</summary>
    public long Broken { get; set; }

    public bool AllArrived => streams.All(stream => stream.Open == 0);

    public long Messages => streams.Sum(stream => (long)stream.Sent);

    /// <summary>Milliseconds from sending to the last member, ascending.</summary>
    public double[] Latencies => [.. _micros.Order().Select(micros => micros / 1000)];

    /// <summary>Adds a client that gets these streams; clients are numbered as they are added.</summary>
    public void Add(Func<Stream, bool> gets) => _expected.Add([.. streams.Select(stream => gets(stream) ? 0 : NotMine)]);

    /// <summary>What is measured begins anew, with what is sent and comes from one time to another.</summary>
    public void Measure(long from, long to)
    {
        (_from, _to, Measured) = (from, to, 0);
        _micros.Clear();
    }

    /// <summary>Takes a delivery; true if it was the message's last member.</summary>
    public bool Take(int client, int stream, int number, long sent, long now)
    {
        var mine = _expected[client];
        if ((uint)stream >= (uint)mine.Length || mine[stream] == NotMine || number >= streams[stream].Sent)
        {
            Strays++;
            return false;
        }
        if (number != mine[stream] && !OutOfTurn(client, stream, number, mine))
        {
            return false;
        }
        mine[stream] = Math.Max(mine[stream], number + 1);
        Total++;
        if (now >= _from && now < _to)
        {
            Measured++;
        }
        if (!streams[stream].Got(number))
        {
            return false;
        }
        if (sent >= _from && sent < _to)
        {
            _micros.Add(Stopwatch.GetElapsedTime(sent, now).TotalMicroseconds);
        }
        return true;
    }

    /// <summary>How many never came.</summary>
    public long Lost() => streams.Sum(stream => _expected.Sum(client => client[stream.Id] == NotMine ? 0L : stream.Sent - client[stream.Id])) + _missing.Count;

    /// <summary>True if the message had been missing so far.</summary>
    private bool OutOfTurn(int client, int stream, int number, int[] mine)
    {
        if (number > mine[stream])
        {
            for (var skipped = mine[stream]; skipped < number; skipped++)
            {
                _missing.Add((client, stream, skipped));
            }
            return true;
        }
        if (_missing.Remove((client, stream, number)))
        {
            Disorder++;
            return true;
        }
        Duplicates++;
        return false;
    }
}
