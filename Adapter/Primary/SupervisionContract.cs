namespace OrleansAdapter.Primary;

/// <summary>
/// What a primary and the processes that it starts agree on. A child learns from its environment that it has a primary, says with one line on its
/// standard output that it is ready, and ends when its standard input does: the operating system closes it however the primary ended.
/// </summary>
internal static class SupervisionContract
{
    /// <summary>The environment variable that is <c>true</c> in a child.</summary>
    public const string Supervised = "OrleansAdapter__Supervised";

    /// <summary>The same in a host's configuration.</summary>
    public const string SupervisedKey = "OrleansAdapter:Supervised";

    /// <summary>The line that a child writes when it is ready. The primary does not pass it on.</summary>
    public const string ReadyLine = "::orleansadapter:: ready";

    /// <summary>
    /// The line on a worker's standard input that tells it to leave: to take no new clients, to have those that it has go elsewhere, and then to end by itself.
    /// Input that ends says that there is no more time.
    /// </summary>
    public const string DrainLine = "drain";

    /// <summary>What the line on a child's standard input begins with that asks something; the question's name follows. Others are ignored.</summary>
    public const string QuestionLine = "ask ";

    /// <summary>
    /// What the line on a child's standard output begins with that answers; the question's name follows, a space, and the answer. The primary does not pass
    /// it on. A child that is of another version or hangs does not answer.
    /// </summary>
    public const string AnswerLine = "::orleansadapter:: answer ";

    /// <summary>The environment variable that is <c>true</c> where the primary shows its children's metrics, and so asks for them.</summary>
    public const string Observed = "OrleansAdapter__Observed";

    /// <summary>The same in a host's configuration.</summary>
    public const string ObservedKey = "OrleansAdapter:Observed";

    /// <summary>The environment variable that names the run's private directory. Who outlives the primary removes it.</summary>
    public const string RunDirectory = "OrleansAdapter__RunDirectory";

    /// <summary>How long a child takes to end by itself, at most.</summary>
    public static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    /// <summary>Whether a primary started this process.</summary>
    public static bool IsSupervised => string.Equals(Environment.GetEnvironmentVariable(Supervised), "true", StringComparison.OrdinalIgnoreCase);
}
