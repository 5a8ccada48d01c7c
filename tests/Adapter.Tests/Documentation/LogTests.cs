using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Tests.Documentation;

/// <summary>docs/OPERATIONS.md lists every event of the log, as it is; each says what to do where there is something to do, and is bounded.</summary>
public sealed partial class LogTests
{
    /// <summary>Those that say that a trouble is over.</summary>
    private static readonly string[] Good = ["FoundDatabase", "SureAgain", "PodsAgain", "SilosAgain"];

    [Fact]
    public void The_table_of_events_has_each_with_its_id_name_and_level()
    {
        var documented = MarkdownTables.Rows("OPERATIONS.md", "event", "name", "level", "the line, in short").Select(row => string.Join(" | ", row[..3]));
        var there = Events().Select(one => $"{one.Id} | {one.Name} | {one.Level}");
        Assert.Equal(there.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_two_events_have_one_id() => Assert.Empty(Events().GroupBy(one => one.Id).Where(same => same.Count() > 1).Select(same => same.Key));

    [Fact]
    public void What_somebody_has_to_act_on_says_what_to_do() => Assert.Empty(
        Events()
            .Where(one => one.Level is "Warning" or "Error" or "Critical" && !Good.Contains(one.Name) && !WhatToDo().IsMatch(one.Message))
            .Select(one => $"{one.Id} {one.Name}: {one.Message}"));

    [Fact]
    public void Every_logger_of_the_libraries_is_bounded()
    {
        var takes = new[] { "Adapter", "Grains" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Checkout.Root, project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Select(file => (Name: Path.GetFileName(file), Text: File.ReadAllText(file)))
            .Where(file => TakesLogger().IsMatch(file.Text))
            .ToArray();
        Assert.NotEmpty(takes);
        Assert.Empty(takes.Where(file => TakesLogger().Count(file.Text) > Bounds().Count(file.Text)).Select(file => file.Name));
    }

    /// <summary>Of the libraries as they are built, and of the demonstration, which these tests do not build, as it is written.</summary>
    private static IEnumerable<(int Id, string Name, string Level, string Message)> Events()
    {
        var built =
            from assembly in new[] { Assembly.Load("OrleansAdapter.Adapter"), Assembly.Load("OrleansAdapter.Grains") }
            from type in assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            let log = method.GetCustomAttribute<LoggerMessageAttribute>()
            where log is not null
            select (log.EventId, method.Name, log.Level == LogLevel.None ? "varies" : log.Level.ToString(), log.Message);
        var written =
            from file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "WebWorker"), "*.cs", SearchOption.AllDirectories)
            from Match match in WrittenEvent().Matches(File.ReadAllText(file))
            select (int.Parse(match.Groups["id"].ValueSpan, CultureInfo.InvariantCulture), match.Groups["name"].Value, match.Groups["level"].Value,
                match.Groups["message"].Value);
        return built.Concat(written);
    }

    /// <summary>The words by which the lines say what to do; who needs another one adds it.</summary>
    [GeneratedRegex(
        @"\b(check|raise|let|mend|set|send|keep|give|do) |bug in OrleansAdapter|need the same|has to be|to be divided", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex WhatToDo();

    /// <summary>A logger that is asked for, not a factory's own method.</summary>
    [GeneratedRegex(@"(?<!ILogger )CreateLogger[<(]|ILogger<\w+> \w+[,)]", RegexOptions.None, 1000)]
    private static partial Regex TakesLogger();

    [GeneratedRegex(@"\.Bounded\(", RegexOptions.None, 1000)]
    private static partial Regex Bounds();

    [GeneratedRegex(
        @"LoggerMessage\((?<id>\d+), LogLevel\.(?<level>\w+),\s*""(?<message>[^""]*)""\)\]\s*private static partial void (?<name>\w+)\(",
        RegexOptions.None,
        1000)]
    private static partial Regex WrittenEvent();
}
