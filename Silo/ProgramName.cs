namespace OrleansAdapter.Silo;

/// <summary>What the user calls this program.</summary>
internal static class ProgramName
{
    /// <summary><c>orleansadapter</c> where it is installed as a tool, else <c>Silo</c>.</summary>
    public static string Value { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) is { Length: > 0 } called and not "dotnet" ? called : "Silo";
}
