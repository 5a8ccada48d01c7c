namespace OrleansAdapter.Grains.Supervision;

/// <summary>
/// What a primary and the processes that it starts agree on. A child learns from its environment that it has a primary, says with one line on its
/// standard output that it is ready, and ends when its standard input does: the operating system closes it however the primary ended.
/// </summary>
internal static class SupervisionContract
{
    /// <summary>The environment variable that is <c>true</c> in a child.</summary>
    public const string Supervised = "OrleansAdapter__Supervised";

    /// <summary>The line that a child writes when it is ready. The primary does not pass it on.</summary>
    public const string ReadyLine = "::orleansadapter:: ready";

    /// <summary>How long a child takes to end by itself, at most.</summary>
    public static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    /// <summary>Whether a primary started this process.</summary>
    public static bool IsSupervised => string.Equals(Environment.GetEnvironmentVariable(Supervised), "true", StringComparison.OrdinalIgnoreCase);
}
