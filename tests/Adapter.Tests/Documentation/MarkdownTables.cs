namespace OrleansAdapter.Tests.Documentation;

/// <summary>Reads the tables of a document in <c>docs/</c>.</summary>
internal static class MarkdownTables
{
    /// <summary>The rows of the one table whose header has these cells, without backticks.</summary>
    public static string[][] Rows(string document, params ReadOnlySpan<string> header) => Rows(Lines(document), header);

    /// <summary>The same, of a section: from its heading to the next one.</summary>
    public static string[][] RowsOf(string document, string heading, params ReadOnlySpan<string> header)
    {
        var section = Lines(document).SkipWhile(line => line.TrimStart('#').Trim() != heading || !line.StartsWith('#')).ToArray();
        Assert.True(section.Length > 0, $"docs/{document} has no section \"{heading}\".");
        return Rows([.. section.Skip(1).TakeWhile(line => !line.StartsWith('#'))], header);
    }

    private static string[][] Rows(string[] lines, ReadOnlySpan<string> header)
    {
        var wanted = string.Join(" | ", header!);
        var found = lines.Index().Where(line => IsRow(line.Item) && string.Join(" | ", Cells(line.Item)) == wanted).ToArray();
        Assert.True(found.Length == 1, $"There are {found.Length} tables with the header \"{wanted}\", not one.");
        return [.. lines.Skip(found[0].Index + 2).TakeWhile(IsRow).Select(Cells)];
    }

    private static string[] Lines(string document) => File.ReadAllLines(Path.Combine(Testing.Checkout.Root, "docs", document));

    private static bool IsRow(string line) => line.StartsWith('|');

    private static string[] Cells(string row) => [.. row.Trim().Trim('|').Split('|').Select(cell => cell.Replace("`", "", StringComparison.Ordinal).Trim())];
}
