namespace OrleansAdapter.Grains.Local;

/// <summary>What a <see cref="DirectoryHost"/> is made with.</summary>
/// <param name="Rooms">The limits and times of each home.</param>
/// <param name="Servers">The limits and times of the list of servers.</param>
/// <param name="FirstStart">Whether it is known that there was no directory before it, so that nobody needs to be waited for.</param>
internal sealed record DirectoryHostOptions(RoomsOptions Rooms, ServersOptions Servers, bool FirstStart)
{
    /// <summary>How often what has run out is looked for.</summary>
    public TimeSpan TickPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a home without servers is kept.</summary>
    public TimeSpan KeepEmptyHomes { get; init; } = TimeSpan.FromMinutes(1);
}
