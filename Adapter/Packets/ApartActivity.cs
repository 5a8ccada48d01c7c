using System.Diagnostics;

namespace OrleansAdapter.Packets;

/// <summary>Activities that end on another thread than they began on: they never become the current one, neither of who starts nor of who ends them.</summary>
internal static class ApartActivity
{
    /// <summary>Starts one; null where nobody listens, or the sampler leaves it out.</summary>
    /// <param name="source">Whose it is.</param>
    /// <param name="name">What it is.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="parent">What it is part of; where it is left out, the current activity.</param>
    public static Activity? Start(ActivitySource source, string name, ActivityKind kind, ActivityContext parent = default)
    {
        if (!source.HasListeners())
        {
            return null;
        }
        var current = Activity.Current;
        var activity = source.StartActivity(name, kind, parent);
        Activity.Current = current;
        return activity;
    }

    /// <summary>Ends it.</summary>
    public static void EndApart(this Activity activity)
    {
        var current = Activity.Current;
        activity.Dispose();
        Activity.Current = current;
    }

    /// <summary>Says that it failed, and why; where nothing is said, it did not.</summary>
    public static void MarkFailed(this Activity activity, string? error)
    {
        if (error is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, error).SetTag("error.type", error);
        }
    }
}
