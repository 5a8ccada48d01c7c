using System.Diagnostics;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>Builds a worker against the packages of the version before (tests/LastVersion), in a folder outside of the repository.</summary>
internal static class LastVersion
{
    /// <summary>Returns the folder with the program, which is called as this version's is: <c>WebWorker.dll</c>.</summary>
    public static async Task<string> BuildAsync(string folder)
    {
        var source = Path.Combine(Checkout.Root, "tests", "LastVersion");
        var project = Directory.CreateDirectory(Path.Combine(folder, "source")).FullName;
        foreach (var name in new[] { "Chat.csproj", "Program.cs" })
        {
            File.Copy(Path.Combine(source, name), Path.Combine(project, name));
        }

        // Its packages stay in this folder; what the machine has already of others' need not come again.
        var machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(machine);
        await File.WriteAllTextAsync(
            Path.Combine(project, "NuGet.config"),
            $"""
            <configuration>
              <packageSources><add key="last" value="{Path.Combine(source, "packages")}" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{machine}" /></fallbackPackageFolders>
            </configuration>
            """,
            TestContext.Current.CancellationToken);
        var program = Path.Combine(folder, "last");
        var start = new ProcessStartInfo("dotnet", ["build", "--configuration", "Release", "--output", program, "--verbosity", "quiet", "-nodeReuse:false"])
        {
            WorkingDirectory = project,
            RedirectStandardOutput = true,
        };
        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "packages");
        using var build = Process.Start(start)!;
        try
        {
            var output = await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await build.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(build.ExitCode == 0, output);
        }
        finally
        {
            build.Kill(entireProcessTree: true);
        }
        return program;
    }
}
