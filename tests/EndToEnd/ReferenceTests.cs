using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// Projects outside of this repository that reference one of its projects, with none of its build settings: they build, and what the README shows runs.
/// </summary>
public sealed class ReferenceTests
{
    private const string Isolated = "<Project />";

    private const string AdapterAlone = """
        using Microsoft.AspNetCore.SignalR;
        using OrleansAdapter.SocketIO;

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSignalR().AddOrleansAdapter(options => options.MapHub<Chat>("/"));
        builder.Services.AddSocketIO();
        builder.Services.AddSupervision();
        builder.WebHost.UsePrimary();
        var app = builder.Build();
        app.MapHub<Chat>("/hub");
        app.MapSocketIO("/socket.io");
        app.Services.GetRequiredService<SocketIOServer>().On("say", (string text) => text);
        app.Run();

        internal sealed class Chat : Hub;
        """;

    private const string AnotherService = """
        using OrleansAdapter;

        Console.WriteLine(await Service.CountAsync(null!));

        internal static class Service
        {
            public static async Task<int> CountAsync(IGrainFactory grains)
            {
                await grains.GetRoom("/chat", "lobby").EmitAsync("said", "hello");
                return (await grains.GetNamespace("/chat").SocketsAsync()).Length;
            }
        }
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Fact(Timeout = 600_000)]
    public async Task Whoever_references_one_project_builds_and_the_sample_of_the_README_runs()
    {
        FullRun.Needed("Every run builds the same against our packages (eng/try-packages.sh).");
        var folder = Directory.CreateTempSubdirectory("orleansadapter-reference-");
        try
        {
            foreach (var file in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
            {
                Write(folder, file, Isolated);
            }
            await BuildAsync(folder, "AdapterAlone", "Microsoft.NET.Sdk.Web", "Adapter", AdapterAlone);
            await BuildAsync(folder, "AnotherService", "Microsoft.NET.Sdk", "Grains.Abstractions", AnotherService);
            await BuildAsync(folder, "Readme", "Microsoft.NET.Sdk.Web", "OrleansAdapter", ReadmeSample());

            var program = Path.Combine(folder.FullName, "Readme", "bin", Checkout.Configuration, "net10.0", "Readme.dll");
            var (exitCode, output) = await RunAsync(folder, [program, "--urls", "http://127.0.0.1:0"], until: "Application started");
            Assert.True(exitCode == 0, output);
            Assert.Contains("is registered with the directory", output, StringComparison.Ordinal);
            Assert.DoesNotContain("warn:", output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The first sample in C# of the README.</summary>
    private static string ReadmeSample()
    {
        const string fence = "```";
        var readme = File.ReadAllText(Path.Combine(Checkout.Root, "README.md"));
        var begin = readme.IndexOf(fence + "csharp", StringComparison.Ordinal) + (fence + "csharp").Length;
        return readme[begin..readme.IndexOf(fence, begin, StringComparison.Ordinal)];
    }

    private static async Task BuildAsync(DirectoryInfo folder, string name, string sdk, string referenced, string program)
    {
        folder.CreateSubdirectory(name);

        // Implicit usings are on, so that what Orleans' packages add to them has to be there as well, as has what its code generator needs.
        Write(folder, $"{name}/{name}.csproj", $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="{Path.Combine(Checkout.Root, referenced, referenced + ".csproj")}" />
              </ItemGroup>
            </Project>
            """);
        Write(folder, $"{name}/Program.cs", program);
        string[] arguments = ["build", name, "-c", Checkout.Configuration, "-v", "quiet", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"];
        var (exitCode, output) = await RunAsync(folder, arguments, until: null);
        Assert.True(exitCode == 0, output);
    }

    private static void Write(DirectoryInfo folder, string file, string text) => File.WriteAllText(Path.Combine(folder.FullName, file), text);

    /// <summary>Runs <c>dotnet</c>, to its end or until it has written something and is told to end.</summary>
    private static async Task<(int ExitCode, string Output)> RunAsync(DirectoryInfo folder, string[] arguments, string? until)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };

        // What runs these tests may be MSBuild, whose settings are not for another one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            List<string> lines = [];
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                lines.Add(line);
                if (until is not null && line.Contains(until, StringComparison.Ordinal))
                {
                    OperatingSystemProcesses.Signal(process.Id, OperatingSystemProcesses.Terminate);
                }
            }
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, string.Join('\n', lines.Append(await error)));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
