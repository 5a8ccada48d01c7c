namespace OrleansAdapter.Grains.InProcess;

/// <summary>The options of a <see cref="DirectoryHost"/>.</summary>
/// <param name="Directory">The limits and times of homes and of the list of servers.</param>
internal sealed record DirectoryHostOptions(DirectoryOptions Directory)
{
    /// <summary>Whether it is known that there was no directory before this one, so that no server need be waited for.</summary>
    public bool FirstStart { get; init; }

    /// <summary>How often leases and time limits are looked at.</summary>
    public TimeSpan TickPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a home without servers is kept.</summary>
    public TimeSpan KeepEmptyHomes { get; init; } = TimeSpan.FromMinutes(1);
}
