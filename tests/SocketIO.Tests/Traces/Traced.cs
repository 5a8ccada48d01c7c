using System.Diagnostics;
using System.Threading.Channels;

namespace OrleansAdapter.SocketIO.Tests.Traces;

/// <summary>A trace that a test begins, and our activities while it lasts: sampled as OpenTelemetry does it, by the parent, and all without one.</summary>
internal sealed class Traced : IDisposable
{
    private readonly Channel<Activity> _ended = Channel.CreateUnbounded<Activity>();
    private readonly List<Activity> _seen = [];
    private readonly ActivityListener _listener;

    /// <param name="isRecorded">Whether the sampler has chosen the trace.</param>
    public Traced(bool isRecorded = true)
    {
        var chosen = isRecorded ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None;
        Root = new Activity("test").SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), chosen);
        Root.ActivityTraceFlags = chosen;
        Root.Start();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent == default || (options.Parent.TraceFlags & ActivityTraceFlags.Recorded) != 0
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = activity => _ended.Writer.TryWrite(activity),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The test's own activity, which is the current one.</summary>
    public Activity Root { get; }

    /// <summary>Waits for activities of a name that are part of one.</summary>
    public async Task<Activity[]> PartsAsync(Activity parent, string name, int count)
    {
        while (true)
        {
            var found = _seen.Where(activity => activity.OperationName == name && activity.ParentSpanId == parent.SpanId).ToArray();
            Assert.InRange(found.Length, 0, count);
            if (found.Length == count)
            {
                return found;
            }
            _seen.Add(await _ended.NextAsync($"{count - found.Length} more \"{name}\" of {parent.OperationName}"));
        }
    }

    /// <summary>Waits for the one activity of a name that is part of one.</summary>
    public async Task<Activity> PartAsync(Activity parent, string name) => (await PartsAsync(parent, name, 1))[0];

    /// <summary>Waits for one of this name, whatever trace it is in.</summary>
    public async Task<Activity> AnyAsync(string name)
    {
        while (true)
        {
            if (_seen.Find(activity => activity.OperationName == name) is { } found)
            {
                return found;
            }
            _seen.Add(await _ended.NextAsync(name));
        }
    }

    /// <summary>All of the test's trace that have ended so far.</summary>
    public Activity[] All()
    {
        while (_ended.Reader.TryRead(out var activity))
        {
            _seen.Add(activity);
        }
        return [.. _seen.Where(activity => activity.TraceId == Root.TraceId)];
    }

    /// <summary>All that have ended so far, whatever trace they are in.</summary>
    public IReadOnlyList<Activity> Everything()
    {
        _ = All();
        return _seen;
    }

    public void Dispose()
    {
        Root.Dispose();
        _listener.Dispose();
    }
}
