using SharpFuzz;

namespace OrleansAdapter.Fuzz;

/// <summary>A copy of this program whose assemblies count which branches they take. It is gone when it is disposed of.</summary>
internal sealed class InstrumentedCopy : IDisposable
{
    private static readonly string[] Assemblies = ["OrleansAdapter.Adapter.dll", "OrleansAdapter.Grains.Abstractions.dll", "Silo.dll"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleansadapter-fuzz-");

    private InstrumentedCopy()
    {
    }

    /// <summary>The program to run with <c>dotnet</c>.</summary>
    public string Program => Path.Combine(_folder.FullName, "fuzz.dll");

    public static InstrumentedCopy Make()
    {
        var copy = new InstrumentedCopy();
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy._folder.FullName, Path.GetRelativePath(AppContext.BaseDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        foreach (var assembly in Assemblies)
        {
            Instrument(copy, assembly, static _ => true);
        }
        Instrument(copy, "fuzz.dll", static type => type == typeof(Puzzle).FullName);
        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Instrument(InstrumentedCopy copy, string assembly, Func<string, bool> matches)
    {
        var types = Fuzzer.Instrument(Path.Combine(copy._folder.FullName, assembly), matches, Options.Value);
        if (!types.Any())
        {
            throw new InvalidOperationException($"Nothing of {assembly} was instrumented.");
        }
    }
}
