using System.Text.RegularExpressions;

namespace OrleansAdapter.Tests;

/// <summary>A source file, by what it declares and what it names. It knows C# by its looks only, which is enough to tell who uses whom.</summary>
/// <param name="path">Its path below the project, with slashes.</param>
/// <param name="text">Its text.</param>
internal sealed partial class SourceFile(string path, string text)
{
    /// <summary>How long a search may take, in milliseconds.</summary>
    private const int Limit = 10_000;

    private readonly string _code = NotCode().Replace(text, OnlyHoles);

    /// <summary>The folder directly below the project that it lies in; empty where it lies in none.</summary>
    public string Folder { get; } = path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : "";

    private IEnumerable<string> Types => TypeDeclaration().Matches(_code).Select(match => match.Groups[1].Value);

    private IEnumerable<string> ExtensionMethods => ExtensionDeclaration().Matches(_code).Select(match => match.Groups[1].Value);

    /// <summary>What it names, but for the properties and enum values that it has itself: they may be called like a type that they are not of.</summary>
    private HashSet<string> Names => [.. Word().Matches(_code).Select(match => match.Value).Except(Members, StringComparer.Ordinal)];

    private IEnumerable<string> Members =>
        from match in Member().Matches(_code)
        let name = match.Groups[1].Value + match.Groups[2].Value
        where Word().Matches(match.Value).Count(word => word.Value == name) == 1
        select name;

    private HashSet<string> Calls => [.. Call().Matches(_code).Select(match => match.Groups[1].Value)];

    /// <summary>The C# files of a project.</summary>
    public static IEnumerable<SourceFile> ReadAll(string folder) =>
        from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')
        where !path.StartsWith("bin/", StringComparison.Ordinal) && !path.StartsWith("obj/", StringComparison.Ordinal)
        select new SourceFile(path, File.ReadAllText(file));

    /// <summary>
    /// Each use of a folder's types or extension methods by a file of another folder that may not use it. A name that also stands for what may be used is no
    /// such use.
    /// </summary>
    public static IEnumerable<string> Uses(IReadOnlyCollection<SourceFile> files, Func<string, string, bool> mayUse)
    {
        var types = (from file in files from name in file.Types select (name, file.Folder)).ToLookup(declared => declared.name, declared => declared.Folder);
        var methods = (
            from file in files from name in file.ExtensionMethods select (name, file.Folder)).ToLookup(declared => declared.name, declared => declared.Folder);
        return files.SelectMany(file => Wrong(file, file.Names, types).Concat(Wrong(file, file.Calls, methods)));

        IEnumerable<string> Wrong(SourceFile file, IEnumerable<string> names, ILookup<string, string> declared) =>
            from name in names
            let folders = declared[name].Distinct().ToArray()
            where folders.Length > 0 && !folders.Any(folder => folder == file.Folder || mayUse(file.Folder, folder))
            select $"{file} uses {name} of {folders[0]}";
    }

    public override string ToString() => path;

    /// <summary>Of what is not code, what is code nevertheless: that between the braces of an interpolated string.</summary>
    private static string OnlyHoles(Match match) =>
        match.Value.StartsWith('$') ? string.Join(' ', Hole().Matches(match.Value).Select(hole => hole.Value)) : "\"\"";

    /// <summary>Comments, characters, and strings: raw, verbatim and usual ones.</summary>
    [GeneratedRegex(
        @"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])+'|\$*\x22{3}.*?\x22{3}|@\x22(?:[^\x22]|\x22\x22)*\x22|\$?\x22(?:\\.|[^\x22\\\n])*\x22",
        RegexOptions.Singleline,
        Limit)]
    private static partial Regex NotCode();

    [GeneratedRegex(@"\{[^{}]*\}", RegexOptions.None, Limit)]
    private static partial Regex Hole();

    /// <summary>Types that are nested in others begin further to the right.</summary>
    [GeneratedRegex(@"^(?:public|internal) [\w ]*?\b(?:class|struct|interface|enum|record|delegate)(?: struct| class)? (\w+)", RegexOptions.Multiline, Limit)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\bstatic [^=;{}()]*?\b(\w+)(?:<[^()]*>)?\(\s*this ", RegexOptions.None, Limit)]
    private static partial Regex ExtensionDeclaration();

    [GeneratedRegex(@"\b[A-Z]\w*", RegexOptions.None, Limit)]
    private static partial Regex Word();

    [GeneratedRegex(@"^ +(?:public|internal|private)[^=;(\n]* (\w+) (?:\{ get|=>)|^ +(\w+) = \d+,$", RegexOptions.Multiline, Limit)]
    private static partial Regex Member();

    [GeneratedRegex(@"\.(\w+)(?:<[^()]*?>)?\(", RegexOptions.None, Limit)]
    private static partial Regex Call();
}
