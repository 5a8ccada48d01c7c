namespace OrleansAdapter.Grains.InProcess;

/// <summary>What a <see cref="DirectoryHost"/> is made with.</summary>
/// <param name="Directory">The limits and times of homes and of the list of servers.</param>
internal sealed record DirectoryHostOptions(DirectoryOptions Directory)
{
    /// <summary>Whether it is known that there was no directory before it, so that no server needs to be waited for.</summary>
    public bool FirstStart { get; init; }

    /// <summary>How often what has run out is looked for.</summary>
    public TimeSpan TickPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a home without servers is kept.</summary>
    public TimeSpan KeepEmptyHomes { get; init; } = TimeSpan.FromMinutes(1);
}
