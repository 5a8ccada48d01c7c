namespace OrleansAdapter.Silo.Engines;

/// <summary>The engines of this build.</summary>
internal static partial class EngineList
{
    /// <summary>The engine that <c>--colocated</c> stands for, where the build has it.</summary>
    public const string Colocated = "orleans-colocated";

    private static readonly List<DirectoryEngine> Known = Find();

    /// <summary>What <c>--engine</c> stands for where it is not given.</summary>
    public static DirectoryEngine Default => Known[0];

    /// <summary>The names that <c>--engine</c> takes in this build.</summary>
    public static IEnumerable<string> Names => Known.Select(engine => engine.Name);

    /// <summary>An engine by its name; null where this build has none of it.</summary>
    public static DirectoryEngine? Named(string name) => Known.Find(engine => string.Equals(engine.Name, name, StringComparison.OrdinalIgnoreCase));

    private static List<DirectoryEngine> Find()
    {
        List<DirectoryEngine> engines = [new LocalEngine()];
        AddOrleans(engines);
        return engines;
    }

    /// <summary>Puts the Orleans engine first. Implemented in a folder named Orleans/, and so only where the build has it.</summary>
    static partial void AddOrleans(List<DirectoryEngine> engines);
}
