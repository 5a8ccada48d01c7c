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

    public string Answer() => PrimaryAnswer.Write(Page);
}
