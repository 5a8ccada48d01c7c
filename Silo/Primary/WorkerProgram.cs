using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansAdapter.Silo.Primary;

/// <summary>Finds the programs that the primary starts: a .dll runs on the <c>dotnet</c> that runs this program, anything else by itself.</summary>
internal static class WorkerProgram
{
    private const string Name = "WebWorker";

    /// <summary>What workers run when nothing says it: WebWorker beside this program, the application of this folder, or this repository's WebWorker.</summary>
    /// <returns>Null where there is none of them.</returns>
    /// <exception cref="OptionsException">The application of this folder was not built, or there are several.</exception>
    public static string? Default
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var beside = Path.Combine(here.FullName, Name + ".dll");
            if (File.Exists(beside))
            {
                return beside;
            }
            if (BuiltApplication.In(Environment.CurrentDirectory) is { } application)
            {
                return application;
            }
            // This is Silo/bin/Release/net10.0.
            var built = Path.GetFullPath(Path.Combine("../../../..", Name, "bin", here.Parent?.Name ?? "", here.Name, Name + ".dll"), here.FullName);
            return File.Exists(built) ? built : null;
        }
    }

    /// <summary>Prepares the start of a program.</summary>
    public static ProcessStartInfo Start(string program, params IEnumerable<string> arguments) =>
        Path.GetExtension(program).Equals(".dll", StringComparison.OrdinalIgnoreCase)
            ? new ProcessStartInfo(DotNet, [program, .. arguments])
            : new ProcessStartInfo(program, arguments);

    /// <summary>Prepares another start of this program.</summary>
    public static ProcessStartInfo StartThis(params IEnumerable<string> arguments) => Start(Path.Combine(AppContext.BaseDirectory, "Silo.dll"), arguments);

    /// <summary>The command <c>dotnet</c> that runs this program; a tool runs on one as well, and has a name of its own.</summary>
    private static string DotNet
    {
        get
        {
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            {
                return Environment.ProcessPath!;
            }
            // The runtime lies in shared/Microsoft.NETCore.App/10.0.0 below it.
            var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
            var beside = Path.GetFullPath(Path.Combine("../../..", name), RuntimeEnvironment.GetRuntimeDirectory());
            return File.Exists(beside) ? beside : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        }
    }
}
