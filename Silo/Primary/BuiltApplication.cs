namespace OrleansAdapter.Silo.Primary;

/// <summary>The application whose project lies in a folder, as it was built last.</summary>
internal static class BuiltApplication
{
    /// <summary>The path of its program; null where no project lies in the folder.</summary>
    /// <exception cref="OptionsException">Several projects lie there, or the one that does was not built.</exception>
    public static string? In(string folder)
    {
        var projects = System.IO.Directory.GetFiles(folder, "*.??proj");
        if (projects.Length == 0)
        {
            return null;
        }
        if (projects.Length > 1)
        {
            throw new OptionsException($"{folder} has {projects.Length} projects: say with --worker which program the workers run");
        }
        var name = Path.GetFileNameWithoutExtension(projects[0]);
        var bin = Path.Combine(folder, "bin");

        // Only what can be started has a runtimeconfig.json. Of copies that were made together, the one that is nearest.
        var programs = System.IO.Directory.Exists(bin)
            ? System.IO.Directory.EnumerateFiles(bin, name + ".runtimeconfig.json", SearchOption.AllDirectories)
                .Select(file => Path.Combine(Path.GetDirectoryName(file)!, name + ".dll"))
                .Where(File.Exists)
            : [];
        return programs.OrderByDescending(File.GetLastWriteTimeUtc).ThenBy(path => path.Length).FirstOrDefault()
            ?? throw new OptionsException($"{projects[0]} has no {name}.dll below {bin}: build it (dotnet build), or name a program with --worker");
    }
}
