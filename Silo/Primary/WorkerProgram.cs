using System.Diagnostics;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Finds the programs that the primary starts: a .dll runs on the <c>dotnet</c> that runs this program, anything else by itself.</summary>
internal static class WorkerProgram
{
    private const string Name = "WebWorker";

    /// <summary>This repository's worker: beside this program, or where a build puts it.</summary>
    public static string Default
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var published = Path.Combine(here.FullName, Name + ".dll");

            // Silo/bin/Release/net10.0
            return File.Exists(published) || here.Parent is null
                ? published
                : Path.GetFullPath(Path.Combine("../../../..", Name, "bin", here.Parent.Name, here.Name, Name + ".dll"), here.FullName);
        }
    }

    /// <summary>Prepares the start of a program.</summary>
    public static ProcessStartInfo Start(string program, params IEnumerable<string> arguments) =>
        Path.GetExtension(program).Equals(".dll", StringComparison.OrdinalIgnoreCase)
            ? new ProcessStartInfo(DotNet, [program, .. arguments])
            : new ProcessStartInfo(program, arguments);

    /// <summary>Prepares another start of this program.</summary>
    public static ProcessStartInfo StartThis(params IEnumerable<string> arguments) => Start(Path.Combine(AppContext.BaseDirectory, "Silo.dll"), arguments);

    private static string DotNet => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? Environment.ProcessPath!
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
}
