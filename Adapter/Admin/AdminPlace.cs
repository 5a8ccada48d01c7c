using System.Text.Json;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Admin;

/// <summary>The primary's question where the admin UI's page is.</summary>
internal sealed class AdminPlace : IPrimaryQuestion
{
    /// <summary>The question's name.</summary>
    public const string Question = "admin";

    public string Name => Question;

    /// <summary>The page's path; null where none is served.</summary>
    public string? Page { get; set; }

    public string Answer() => JsonSerializer.Serialize(Page);

    /// <summary>Reads an answer; null where there is no page.</summary>
    public static string? Read(string answer)
    {
        try
        {
            return JsonSerializer.Deserialize<string?>(answer);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
