namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// Breaks the protocol on purpose, at its seams: what the checker has to notice. The product has no switches for it, so messages are changed
/// as if their sender had made them wrong, or their receiver did not look.
/// </summary>
internal sealed class Mutation
{
    /// <summary>Changes limits and times.</summary>
    public Func<Settings, Settings> Options { get; init; } = settings => settings;

    /// <summary>Changes limits and times, not to break anything, but because it shows better so.</summary>
    public Func<Settings, Settings> Conditions { get; init; } = settings => settings;

    /// <summary>Changes a message that reaches a home; null drops it. The number is that of the copy: from 1 for what was repeated.</summary>
    public Func<SimulatedHome, WorkerMessage, int, WorkerMessage?> ToHome { get; init; } = (_, message, _) => message;

    /// <summary>Changes a message that reaches a server; null drops it.</summary>
    public Func<SimulatedServer, HomeMessage, HomeMessage?> ToServer { get; init; } = (_, message) => message;

    /// <summary>Changes what a server says of itself or answers, when it is sent; null drops it.</summary>
    public Func<SimulatedServer, ServerMessage, ServerMessage?> ToDirectory { get; init; } = (_, message) => message;

    /// <summary>Changes answers that reach a server.</summary>
    public Func<SimulatedServer, Answers, Answers> Answers { get; init; } = (_, answers) => answers;

    /// <summary>The same under other conditions.</summary>
    public Mutation With(Func<Settings, Settings> conditions) => new()
    {
        Options = Options,
        Conditions = settings => conditions(Conditions(settings)),
        ToHome = ToHome,
        ToServer = ToServer,
        ToDirectory = ToDirectory,
        Answers = Answers,
    };

    public static Mutation OfAnswers(Func<IReadOnlyList<Answer>, IEnumerable<Answer>> change) => new()
    {
        Answers = (_, answers) => answers with { Items = [.. change(answers.Items)] },
    };

    public static Mutation OfHistories(Func<History, History> change) => new()
    {
        ToHome = (_, message, _) => message is Register { History: { } history } register ? register with { History = change(history) } : message,
    };

    public static Mutation OfHeads(Func<Head, Head> change) => new()
    {
        ToServer = (_, message) => message.Head is { } head ? message with { Head = change(head) } : message,
    };

    public static Mutation OfPushes(Func<SimulatedServer, Push, Push> change) => new()
    {
        ToServer = (server, message) => message is Push push ? change(server, push) : message,
    };

    public static Mutation OfOperations(Func<Operation, Operation> change) => new()
    {
        ToHome = (_, message, _) => message is Submit submit ? submit with { Operations = [.. submit.Operations.Select(change)] } : message,
    };

    public static Mutation OfHome(Func<HomeOptions, HomeOptions> change) => new()
    {
        Options = settings => settings with { Home = change(settings.Home) },
    };
}
